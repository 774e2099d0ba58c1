"""The time limit of reads: the database stops a slow statement, and nothing else on the connection is affected."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query import budget
from django_celery_results.query.time_limit import ran_out, time_limit
from tests.factories import create_task
from tests.transport.policies import EndlessPolicy, SlowPolicy

pytestmark = pytest.mark.django_db
in_autocommit = pytest.mark.django_db(transaction=True)
"""In a test's transaction PostgreSQL would have no limit, and would refuse everything after a stopped statement."""

QUERY = '{ service { version } taskResults(filter: {taskName: {eq: "t"}}) { nodes { taskId } } }'
ENDLESS = {"POLICY": "tests.transport.policies.EndlessPolicy"}
SLOW = {"POLICY": "tests.transport.policies.SlowPolicy"}
GENEROUS = 60.0
"""Seconds that no statement takes which is expected to end."""


@pytest.fixture
def rows(db: None) -> None:
    create_task("slow", task_name="t")
    create_task("quick", task_name="t")


@pytest.fixture(params=["/graphql/", "/async/graphql/"])
def path(request: pytest.FixtureRequest, settings: Any) -> str:
    settings.GRAPHQL_API = {"MAX_STATEMENT_SECONDS": 0.5}
    return str(request.param)


def execute(client: Client, path: str) -> dict[str, Any]:
    return dict(client.post(path, {"query": QUERY}, content_type="application/json").json())


def session_limit() -> Any:
    """Return the limit that the next user of this connection would have."""
    statements = {"postgresql": "SHOW statement_timeout", "mysql": "SELECT @@max_statement_time"}
    with connection.cursor() as cursor:
        cursor.execute(statements.get(connection.vendor, "SELECT 0"))
        return cursor.fetchone()


@in_autocommit
@pytest.mark.usefixtures("rows")
def test_slow_read_is_stopped_and_reported_as_query_too_slow(admin_client: Client, path: str, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = ENDLESS
    response = execute(admin_client, path)
    assert [(error["path"], error["extensions"]) for error in response["errors"]] == [
        (["taskResults", "nodes"], {"code": "QUERY_TOO_SLOW"})
    ]


@in_autocommit
@pytest.mark.usefixtures("rows")
def test_connection_has_no_limit_after_a_stopped_read(admin_client: Client, path: str, settings: Any) -> None:
    before, wrappers = session_limit(), list(connection.execute_wrappers)
    settings.DJANGO_CELERY_RESULTS = ENDLESS
    assert "errors" in execute(admin_client, path)
    assert session_limit() == before
    assert connection.execute_wrappers == wrappers
    settings.DJANGO_CELERY_RESULTS = SLOW
    settings.GRAPHQL_API = {"MAX_STATEMENT_SECONDS": None}
    assert execute(admin_client, path)["data"]["taskResults"]["nodes"] == [{"taskId": "quick"}, {"taskId": "slow"}]


@in_autocommit
@pytest.mark.usefixtures("rows")
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite stops a statement while rows are fetched, not before")
def test_stopped_statement_is_not_tried_again() -> None:
    rows = EndlessPolicy().visible(TaskResult.objects.all(), SYSTEM)
    executed: list[str] = []

    def record(execute: Any, sql: str, *rest: Any) -> Any:
        executed.append(sql)
        return execute(sql, *rest)

    with time_limit(0.1), connection.execute_wrapper(record):
        for _ in range(3):
            with pytest.raises(DatabaseError) as caught:
                list(rows.all())
            assert ran_out(caught.value)
    assert len(executed) == 1


@in_autocommit
@pytest.mark.usefixtures("rows")
def test_each_statement_has_the_whole_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    clock = SimpleNamespace(monotonic=lambda: now)  # of SQLite's limit; servers have clocks of their own
    monkeypatch.setattr("django_celery_results.query.time_limit.time", clock)
    rows = SlowPolicy().visible(TaskResult.objects.all(), SYSTEM)
    with time_limit(GENEROUS):
        for _ in range(3):
            assert len(rows.all()) == 2
            now += 2 * GENEROUS


@in_autocommit
@pytest.mark.usefixtures("rows")
def test_read_is_stopped_when_the_time_of_its_operation_is_over(admin_client: Client, settings: Any) -> None:
    wrappers = list(connection.execute_wrappers)
    settings.GRAPHQL_API = {"MAX_STATEMENT_SECONDS": None, "MAX_OPERATION_SECONDS": 0.5}
    settings.DJANGO_CELERY_RESULTS = ENDLESS
    query = '{ a: taskResult(ref: {taskId: "slow"}) { taskId } b: taskResult(ref: {taskId: "quick"}) { taskId } }'
    response = admin_client.post("/graphql/", {"query": query}, content_type="application/json").json()
    assert response["data"] == {"a": None, "b": None}
    assert [error["extensions"] for error in response["errors"]] == [{"code": "QUERY_TOO_SLOW"}] * 2
    assert "0.5 seconds that it may take in all" in response["errors"][1]["message"]
    assert connection.execute_wrappers == wrappers


@in_autocommit
@pytest.mark.skipif(connection.vendor == "sqlite", reason="its limit stands in no statement")
def test_statement_gets_what_is_left_of_the_time_of_its_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(budget, "time", clock)
    executed: list[str] = []

    def record(execute: Any, sql: str, *rest: Any) -> Any:
        executed.append(sql)
        return execute(sql, *rest)

    with budget.spending(budget.Budget(seconds=10.0)), time_limit(4.0), connection.execute_wrapper(record):
        for now in (0.0, 7.0):
            clock.now = now
            assert TaskResult.objects.count() == 0
    allowed = [
        re.search(r"(?:max_statement_time=|statement_timeout = )([\d.]+)", sql) for sql in executed if "COUNT" in sql
    ]
    unit = 1000 if connection.vendor == "postgresql" else 1
    assert [match and float(match[1]) / unit for match in allowed] == [4.0, 3.0]


@in_autocommit
@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("field", ["bulkRetryTasks", "bulkRevokeTasks", "bulkDeleteTaskResults"])
def test_dry_run_for_many_tasks_is_stopped_as_a_read_is(admin_client: Client, settings: Any, field: str) -> None:
    settings.GRAPHQL_API = {"MAX_STATEMENT_SECONDS": 0.5}
    settings.DJANGO_CELERY_RESULTS = ENDLESS
    select = 'select: {filter: {taskName: {eq: "t"}}}, options: {dryRun: true}'
    query = (
        f"mutation {{ {field}(input: {{{select}}}) {{ errors {{ __typename ... on UserError {{ code path }} }} }} }}"
    )
    response = admin_client.post("/graphql/", {"query": query}, content_type="application/json").json()
    error = {"__typename": "UnavailableError", "code": "TOO_SLOW", "path": ["select"]}
    assert response == {"data": {field: {"errors": [error]}}}


@in_autocommit
@pytest.mark.usefixtures("rows")
def test_write_is_not_limited() -> None:
    rows = SlowPolicy().visible(TaskResult.objects.all(), SYSTEM)
    with time_limit(0.001):
        with pytest.raises(DatabaseError) as caught:
            list(rows)
        assert ran_out(caught.value)
        assert rows.update(worker="w") == 2
    assert set(TaskResult.objects.values_list("worker", flat=True)) == {"w"}


def test_no_limit_adds_nothing_to_connections() -> None:
    before = {alias: list(connections[alias].execute_wrappers) for alias in connections}
    with time_limit(None):
        assert {alias: connections[alias].execute_wrappers for alias in connections} == before


@in_autocommit
@pytest.mark.skipif(connection.vendor != "postgresql", reason="an option of psycopg")
def test_parameters_bound_by_the_server_are_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    create_task("one")
    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    try:
        with time_limit(GENEROUS):
            assert TaskResult.objects.filter(task_id="one").exists()
        assert session_limit() == ("0",)
    finally:
        connection.close()


@pytest.mark.usefixtures("rows")
def test_rows_can_be_read_by_an_iterator() -> None:
    with time_limit(GENEROUS):
        names = [row.task_id for row in TaskResult.objects.order_by("task_id").iterator(chunk_size=1)]
    assert names == ["quick", "slow"]


@pytest.mark.usefixtures("rows")
def test_read_within_a_transaction_leaves_its_limit_unchanged() -> None:
    with transaction.atomic():
        before = session_limit()
        with time_limit(GENEROUS):
            assert TaskResult.objects.count() == 2
        assert session_limit() == before
