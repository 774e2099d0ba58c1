"""Prints JSON: milliseconds of questions over a large table beside the statement that a person would write, in turn.

Argument: number of repetitions.
"""

import json
import sys
import time
from base64 import urlsafe_b64decode

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from django_celery_results.models import TaskResult  # noqa: E402
from django_celery_results.query.cursors import Position, encode  # noqa: E402

repetitions = int(sys.argv[1])
client = Client()
TABLE = "django_celery_results_taskresult"
READY = "status IN ('SUCCESS', 'FAILURE', 'REVOKED')"
COLUMNS = "id, task_id, status, task_name, worker, queue, retries, date_created, date_started, date_done"
NODES = "nodes { id taskId status taskName worker queue retries dateCreated dateStarted dateDone }"
HOUR = "date_trunc('hour', date_done AT TIME ZONE 'UTC')"
RUNTIME = "date_done - date_started"
RARE = "filter: {state: {eq: REVOKED}}"
STATISTICS = {
    "statistics by state: counts": (
        "groups(by: [STATUS]) { keys aggregate { count } }",
        f"SELECT status, count(*) FROM {TABLE} GROUP BY status",
    ),
    "statistics by state: counts and durations": (
        "groups(by: [STATUS]) { keys aggregate { count runtime { avg max } } }",
        f"SELECT status, count(*), avg({RUNTIME}), max({RUNTIME}) FROM {TABLE} GROUP BY status",
    ),
    "statistics by hour: counts": (
        "timeSeries(unit: HOUR) { start aggregate { count } }",
        f"SELECT {HOUR}, count(*) FROM {TABLE} WHERE {READY} GROUP BY 1 ORDER BY 1",
    ),
    "statistics by hour: counts, rates and durations": (
        "timeSeries(unit: HOUR) { start aggregate { count successRate runtime { avg } } }",
        f"SELECT {HOUR}, status, count(*), avg({RUNTIME}) FROM {TABLE} WHERE {READY} GROUP BY 1, 2 ORDER BY 1",
    ),
}


def ask(query: str, **variables: str) -> dict:
    body = json.dumps({"query": query, "variables": variables})
    answer = client.post("/graphql/", body, content_type="application/json").json()
    assert "errors" not in answer, answer
    return answer["data"]


def written(sql: str, *parameters: object) -> list[tuple]:
    connection.ensure_connection()
    return connection.connection.execute(sql, parameters, prepare=True).fetchall()


def beside(**ways) -> dict[str, list[float]]:
    """Each way in turn, so that a machine that drifts drifts for all."""
    seen = {name: [] for name in ways}
    for number in range(repetitions + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if number:
                seen[name].append((time.perf_counter() - started) * 1000)
    return {name.replace("_", " "): values for name, values in seen.items()}


def position(offset: int) -> tuple:
    row = TaskResult.objects.order_by("-date_created", "-pk").values_list("date_created", "pk")[offset]
    return tuple(row)


def statement(question) -> str:
    """The SQL that a question is answered by, to compare nothing but that."""
    with CaptureQueriesContext(connection) as queries:
        question()
    (only,) = queries
    return only["sql"].rpartition("; ")[2].replace("%", "%%")


def cursor_at(offset: int) -> str:
    """The cursor of the row at this place, without paging there."""
    first = ask("{ taskResults(first: 1) { edges { cursor } } }")["taskResults"]["edges"][0]["cursor"]
    value, pk = position(offset)
    return encode(Position(value=value, pk=pk), urlsafe_b64decode(first + "==")[1:9])


def pages() -> dict[str, dict[str, list[float]]]:
    query = f"query ($after: String) {{ taskResults(first: 100, after: $after) {{ {NODES} }} }}"
    rare = f"{{ taskResults(first: 100, {RARE}) {{ {NODES} }} }}"
    name = f'{{ taskResults(first: 100, filter: {{taskName: {{eq: "proj.tasks.task_7"}}}}) {{ {NODES} }} }}'
    total = TaskResult.objects.count()
    middle, end = cursor_at(total // 2), cursor_at(total - 200)
    depth = beside(
        first_page=lambda: ask(query),
        in_the_middle=lambda: ask(query, after=middle),
        near_the_end=lambda: ask(query, after=end),
        of_a_rare_state=lambda: ask(rare),
        of_a_task_s_name=lambda: ask(name),
    )
    value, pk = position(total // 2)
    ours = statement(lambda: ask(query, after=middle))
    return {
        "pages of 100": depth,
        "the statement of a page in the middle": beside(
            ours=lambda: written(ours),
            raw_driver=lambda: written(
                f"SELECT {COLUMNS} FROM {TABLE} WHERE (date_created, id) < (%s, %s)"
                " ORDER BY date_created DESC, id DESC LIMIT 101",
                value,
                pk,
            ),
        ),
    }


def counts() -> dict[str, list[float]]:
    count = "taskResults(first: 1%s) { count(max: 10000) { value isExact } }"
    return beside(
        all_tasks=lambda: ask(f"{{ {count % ''} }}"),
        of_a_state=lambda: ask(f"{{ {count % ', filter: {state: {eq: FAILURE}}'} }}"),
        of_a_rare_state=lambda: ask(f"{{ {count % f', {RARE}'} }}"),
    )


written(f"UPDATE {TABLE} SET status = 'REVOKED' WHERE id <= 500 RETURNING 1")
statistics = {
    title: beside(
        ours=lambda asked=asked: ask(f"{{ taskResultStats {{ {asked} }} }}"), hand_written=lambda sql=sql: written(sql)
    )
    for title, (asked, sql) in STATISTICS.items()
}
print(json.dumps({**pages(), "count(max: 10000)": counts(), **statistics}))
