"""Prints JSON: bytes per task, and median milliseconds of questions over the whole table. Argument: repetitions."""

import json
import statistics
import sys
import time
from base64 import urlsafe_b64decode

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from django_celery_results.models import TaskResult  # noqa: E402
from django_celery_results.query.cursors import Position, encode  # noqa: E402

TABLE = "django_celery_results_taskresult"
NODES = "nodes { id taskId status taskName worker queue retries dateCreated dateStarted dateDone }"
PAGE = "query ($after: String) { taskResults(first: 100, after: $after%s) { %s edges { cursor } } }"
DAY = 'filter: {dateDone: {withinLast: "P1D"}}'
repetitions = int(sys.argv[1])
client = Client()


def ask(query: str, **variables: str) -> dict:
    body = json.dumps({"query": query, "variables": variables})
    answer = client.post("/graphql/", body, content_type="application/json").json()
    assert "errors" not in answer, answer
    return answer["data"]


def median(query: str, **variables: str) -> float:
    ask(query, **variables)
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        ask(query, **variables)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def cursor_at(offset: int) -> str:
    """The cursor of the row at this place, without paging there."""
    first = ask(PAGE % ("", "pageInfo { endCursor }"))["taskResults"]["edges"][0]["cursor"]
    row = TaskResult.objects.order_by("-date_created", "-pk")[offset]
    return encode(Position(value=row.date_created, pk=row.pk), urlsafe_b64decode(first + "==")[1:9])


def bytes_per_task() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_relation_size('{TABLE}'), pg_indexes_size('{TABLE}'), count(*) FROM {TABLE}")
        heap, indexes, count = cursor.fetchone()
    return {"bytes per task, row": heap / count, "bytes per task, indexes": indexes / count}


total = TaskResult.objects.count()
list_ = PAGE % ("", NODES)
print(
    json.dumps(
        {
            **bytes_per_task(),
            "page of 100, the first": median(list_),
            "page of 100, in the middle": median(list_, after=cursor_at(total // 2)),
            "page of 100, near the end": median(list_, after=cursor_at(total - 200)),
            "page of 100, failures": median(PAGE % (", filter: {state: {eq: FAILURE}}", NODES)),
            "page of 100, of one task's name": median(
                PAGE % (', filter: {taskName: {eq: "proj.tasks.task_7"}}', NODES)
            ),
            "count(max: 10000) of failures": median(
                "{ taskResults(first: 1, filter: {state: {eq: FAILURE}}) { count(max: 10000) { value } } }"
            ),
            "totalCount": median("{ taskResults(first: 1) { totalCount } }"),
            "statistics of a day, by hour": median(
                f"{{ taskResultStats({DAY}) {{ total {{ count successRate }} timeSeries(unit: HOUR) "
                "{ start aggregate { count } } } }"
            ),
        }
    )
)
