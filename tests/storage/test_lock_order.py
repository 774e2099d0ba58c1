"""Whoever changes the row of a task and the record of its message changes the row first, and so waits in no circle."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from django_celery_results import message
from django_celery_results.actions.retry import RetryScope, retry
from django_celery_results.models import TaskMessage, TaskResult
from django_celery_results.policy.viewer import SYSTEM
from tests.celery_app import app
from tests.factories import create_failed_task, task_ref
from tests.storage.requests import task_request
from tests.workers import PATIENCE, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = {
    "postgresql": "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    "mysql": "SELECT 1 FROM information_schema.INNODB_TRX JOIN information_schema.PROCESSLIST"
    " ON trx_mysql_thread_id = id WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()",
}
DELETERS: dict[str, Callable[[], Any]] = {
    "a queryset": lambda: TaskResult.objects.filter(task_id="one").delete(),
    "a model": lambda: TaskResult.objects.get(task_id="one").delete(),
    "the backend": lambda: app.backend.forget("one"),
}


def fail_task(retries: int = 0) -> None:
    app.backend.mark_as_failure("one", ValueError("no"), request=task_request("one", retries=retries))


@pytest.mark.skipif(connection.vendor == "sqlite", reason="one writer at a time holds all locks there are")
@pytest.mark.parametrize("delete", DELETERS.values(), ids=DELETERS)
def test_task_that_is_deleted_while_it_is_stored_is_deleted_after_that(
    delete: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_task()
    store, deletions = message.Keep.apply, list[Future[Any]]()

    def run() -> None:
        try:
            delete()
        finally:
            connections.close_all()

    def store_while_somebody_deletes(self: message.Keep, using: str) -> None:
        deletions.append(threads.submit(run))
        watching = connection.copy("watching")
        with watching.cursor() as cursor:
            # MariaDB looks again only where nobody asked for a tenth of a second.
            wait_for(lambda: cursor.execute(WAITING[connection.vendor]) is not False and cursor.fetchone(), pause=0.2)
        watching.close()
        store(self, using)

    monkeypatch.setattr(message.Keep, "apply", store_while_somebody_deletes)
    with ThreadPoolExecutor() as threads:
        fail_task(retries=1)
        deletions[0].result(PATIENCE)
    assert len(deletions) == 1, "the store was tried again"
    assert "trying again" not in caplog.text
    assert not TaskResult.objects.exists()
    assert not TaskMessage.objects.exists()


def test_continued_task_changes_its_row_before_its_record(sent: list[str]) -> None:
    create_failed_task("one", options={"group": "g", "delivery": {"exchange": "", "routing_key": "nobody"}})
    with CaptureQueriesContext(connection) as queries:
        retry(SYSTEM, task_ref("one"), scope=RetryScope.CONTINUE)
    assert sent == ["one"]
    statements = [query["sql"] for query in queries.captured_queries]
    row = next(n for n, sql in enumerate(statements) if sql.startswith(("UPDATE", "--")) and "_taskresult" in sql)
    record = next(n for n, sql in enumerate(statements) if sql.startswith("INSERT") and "_taskmessage" in sql)
    assert row < record
