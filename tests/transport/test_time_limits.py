"""A read that takes too long is stopped by its database, and nobody else notices."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.time_limit import ran_out, time_limit

from .slow import Slow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(30)]

QUERY = '{ service { version } taskResults(filter: {taskName: {eq: "t"}}) { nodes { taskId } } }'
SLOW = {"POLICY": "tests.transport.slow.Slow"}


@pytest.fixture
def rows(db: None) -> None:
    TaskResult.objects.create(task_id="slow", task_name="t")
    TaskResult.objects.create(task_id="quick", task_name="t")


@pytest.fixture(params=["/graphql/", "/async/graphql/"])
def path(request: pytest.FixtureRequest, settings: Any) -> str:
    settings.GRAPHQL_API = {"MAX_STATEMENT_SECONDS": 0.2}
    return str(request.param)


def ask(client: Client, path: str, query: str = QUERY) -> dict[str, Any]:
    return dict(client.post(path, {"query": query}, content_type="application/json").json())


def limits_of_the_session() -> Any:
    """What the next user of this connection would meet."""
    shown = {"postgresql": "SHOW statement_timeout", "mysql": "SELECT @@max_statement_time"}
    with connection.cursor() as cursor:
        cursor.execute(shown.get(connection.vendor, "SELECT 0"))
        return cursor.fetchone()


@pytest.mark.usefixtures("rows")
def test_a_slow_read_is_an_error_with_a_code(admin_client: Client, path: str, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = SLOW
    answer = ask(admin_client, path)
    assert [(error["path"], error["extensions"]) for error in answer["errors"]] == [
        (["taskResults", "nodes"], {"code": "QUERY_TOO_SLOW"})
    ]
    assert "narrower filter" in answer["errors"][0]["message"]


@pytest.mark.usefixtures("rows")
def test_the_connection_goes_on_without_a_limit(admin_client: Client, path: str, settings: Any) -> None:
    before = limits_of_the_session()
    settings.DJANGO_CELERY_RESULTS = SLOW
    assert "errors" in ask(admin_client, path)
    assert limits_of_the_session() == before
    assert connection.execute_wrappers == []
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.transport.slow.Sluggish"}
    settings.GRAPHQL_API = {"MAX_STATEMENT_SECONDS": None}
    assert ask(admin_client, path)["data"]["taskResults"]["nodes"] == [{"taskId": "quick"}, {"taskId": "slow"}]


@pytest.mark.usefixtures("rows")
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite is stopped while rows are read, not before")
def test_what_was_stopped_is_not_tried_again(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = SLOW
    rows = Slow().visible(TaskResult.objects.all(), SYSTEM)
    tried: list[str] = []

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        tried.append(sql)
        return execute(sql, *rest)

    with time_limit(0.1), connection.execute_wrapper(watch):
        for _ in range(3):
            with pytest.raises(DatabaseError) as caught:
                list(rows.all())
            assert ran_out(caught.value)
    assert len(tried) == 1


def test_each_statement_has_the_whole_time(admin_client: Client, settings: Any) -> None:
    TaskResult.objects.create(task_id="slow", task_name="t")
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.transport.slow.Sluggish"}
    settings.GRAPHQL_API = {"MAX_STATEMENT_SECONDS": 5}
    query = "{" + " ".join(f'a{i}: taskResult(ref: {{taskId: "slow"}}) {{ state }}' for i in range(3)) + "}"
    assert "errors" not in ask(admin_client, "/graphql/", query)


def test_what_writes_is_not_limited() -> None:
    with time_limit(0.000001):
        TaskResult.objects.create(task_id="written")
    assert TaskResult.objects.get().task_id == "written"


def test_without_a_limit_nothing_is_added() -> None:
    with time_limit(None):
        assert all(connections[alias].execute_wrappers == [] for alias in connections)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="an option of psycopg")
def test_parameters_that_the_server_binds_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    TaskResult.objects.create(task_id="one")
    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    try:
        with time_limit(5):
            assert TaskResult.objects.filter(task_id="one").exists()
        assert limits_of_the_session() == ("0",)
    finally:
        connection.close()


@pytest.mark.usefixtures("rows")
def test_rows_may_be_read_bit_by_bit() -> None:
    with time_limit(5):
        names = [row.task_id for row in TaskResult.objects.order_by("task_id").iterator(chunk_size=1)]
    assert names == ["quick", "slow"]


@pytest.mark.usefixtures("rows")
def test_reads_of_a_transaction_leave_it_as_it_was() -> None:
    with transaction.atomic():
        before = limits_of_the_session()
        with time_limit(5):
            assert TaskResult.objects.count() == 2
        assert limits_of_the_session() == before
