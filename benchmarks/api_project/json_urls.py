"""What a Django developer writes by hand: `values()` and orjson, in the shape of the GraphQL answers."""

import json
from base64 import b64decode, b64encode

import orjson
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from django_celery_results.models import GroupResult, TaskResult

COLUMNS = {
    "taskId": "task_id", "status": "status", "taskName": "task_name", "worker": "worker", "queue": "queue",
    "retries": "retries", "priority": "priority", "periodicTaskName": "periodic_task_name",
    "dateCreated": "date_created", "dateStarted": "date_started", "dateDone": "date_done",
}  # fmt: skip


def node(row: dict) -> dict:
    return {"id": global_id("TaskResult", row["id"])} | {name: row[column] for name, column in COLUMNS.items()}


def global_id(kind: str, pk: int) -> str:
    return b64encode(f"{kind}:{pk}".encode()).decode()


def page(variables: dict) -> dict:
    rows = TaskResult.objects.order_by("-date_created", "-id").values("id", *COLUMNS.values())[: variables["first"] + 1]
    found = [node(row) for row in rows]
    info = {"hasNextPage": len(found) > variables["first"]}
    return {"taskResults": {"edges": [{"node": row} for row in found[: variables["first"]]], "pageInfo": info}}


def one(variables: dict) -> dict:
    pk = int(b64decode(variables["id"]).decode().partition(":")[2])
    return {"node": node(TaskResult.objects.values("id", *COLUMNS.values()).get(pk=pk))}


def groups(variables: dict) -> dict:
    found = list(GroupResult.objects.order_by("-date_created", "-id").values("id", "group_id")[: variables["first"]])
    tasks: dict[str, list[dict]] = {group["group_id"]: [] for group in found}
    for row in TaskResult.objects.filter(group_id__in=tasks).values("id", "task_id", "status", "task_name", "group_id"):
        named = {"taskId": row["task_id"], "status": row["status"], "taskName": row["task_name"]}
        tasks[row["group_id"]].append({"node": {"id": global_id("TaskResult", row["id"])} | named})
    edges = [
        {
            "node": {
                "id": global_id("GroupResult", group["id"]),
                "groupId": group["group_id"],
                "tasks": {"edges": tasks[group["group_id"]]},
            }
        }
        for group in found
    ]
    return {"groupResults": {"edges": edges}}


ANSWERS = {"Page": page, "One": one, "Groups": groups}


@csrf_exempt
def view(request):
    asked = json.loads(request.body)
    data = ANSWERS[asked["operationName"]](asked["variables"])
    return HttpResponse(orjson.dumps({"data": data}), content_type="application/json")


urlpatterns = [path("graphql/", view)]
