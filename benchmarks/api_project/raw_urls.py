"""The floor: the driver's own rows and orjson, without Django's ORM."""

import json
from base64 import b64decode, b64encode

import orjson
from django.db import connection
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

NAMES = (
    "taskId", "status", "taskName", "worker", "queue", "retries", "priority", "periodicTaskName", "dateCreated",
    "dateStarted", "dateDone",
)  # fmt: skip
COLUMNS = (
    "id, task_id, status, task_name, worker, queue, retries, priority, periodic_task_name, date_created, date_started,"
    " date_done"
)
TASKS = "django_celery_results_taskresult"
GROUPS = "django_celery_results_groupresult"


def rows(sql: str, *parameters) -> list[tuple]:
    connection.ensure_connection()
    return connection.connection.execute(sql, parameters, prepare=True).fetchall()


def global_id(kind: str, pk: int) -> str:
    return b64encode(f"{kind}:{pk}".encode()).decode()


def node(row: tuple) -> dict:
    return {"id": global_id("TaskResult", row[0]), **dict(zip(NAMES, row[1:], strict=True))}


def page(variables: dict) -> dict:
    first = variables["first"]
    found = rows(f"SELECT {COLUMNS} FROM {TASKS} ORDER BY date_created DESC, id DESC LIMIT %s", first + 1)
    edges = [{"node": node(row)} for row in found[:first]]
    return {"taskResults": {"edges": edges, "pageInfo": {"hasNextPage": len(found) > first}}}


def one(variables: dict) -> dict:
    pk = int(b64decode(variables["id"]).decode().partition(":")[2])
    return {"node": node(rows(f"SELECT {COLUMNS} FROM {TASKS} WHERE id = %s", pk)[0])}


def groups(variables: dict) -> dict:
    found = rows(f"SELECT id, group_id FROM {GROUPS} ORDER BY date_created DESC, id DESC LIMIT %s", variables["first"])
    tasks: dict[str, list[dict]] = {group_id: [] for _, group_id in found}
    wanted = f"SELECT id, task_id, status, task_name, group_id FROM {TASKS} WHERE group_id = ANY(%s)"
    for pk, task_id, status, name, group_id in rows(wanted, list(tasks)):
        task = {"id": global_id("TaskResult", pk), "taskId": task_id, "status": status, "taskName": name}
        tasks[group_id].append({"node": task})
    edges = [
        {"node": {"id": global_id("GroupResult", pk), "groupId": group_id, "tasks": {"edges": tasks[group_id]}}}
        for pk, group_id in found
    ]
    return {"groupResults": {"edges": edges}}


ANSWERS = {"Page": page, "One": one, "Groups": groups}


@csrf_exempt
def view(request):
    asked = json.loads(request.body)
    data = ANSWERS[asked["operationName"]](asked["variables"])
    return HttpResponse(orjson.dumps({"data": data}), content_type="application/json")


urlpatterns = [path("graphql/", view)]
