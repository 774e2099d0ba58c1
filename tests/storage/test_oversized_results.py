"""Values too large for the database: the state is stored without them, and says which are missing."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import chord, states
from celery.exceptions import ChordError
from celery.result import AsyncResult
from django.db import InternalError, connection
from django.db.backends.signals import connection_created

from django_celery_results import oversized
from django_celery_results.backends import DatabaseBackend
from django_celery_results.exceptions import ResultTooLarge
from django_celery_results.models import TaskMessage, TaskResult
from tests.celery_app import app
from tests.storage.requests import task_request
from tests.tasks import add, times
from tests.workers import PATIENCE, Worker, over_redis, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
LARGE = "x" * (17 * 2**20 if connection.vendor == "mysql" else 200_000)


@pytest.fixture(autouse=True)
def small_database(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limit values to 150 kB on SQLite and PostgreSQL, which take a gigabyte. MariaDB takes 16 MB by its defaults."""
    if connection.vendor == "sqlite":
        connection.close()
        connection_created.connect(set_sqlite_limit)
        yield
        connection_created.disconnect(set_sqlite_limit)
        connection.close()
    elif connection.vendor == "postgresql":
        monkeypatch.setattr(oversized, "_POSTGRESQL", 150_000)
        with connection.execute_wrapper(refuse_large_values):
            yield
    else:
        yield


def set_sqlite_limit(connection: Any, **_: Any) -> None:
    connection.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 150_000)


def refuse_large_values(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
    if sum(len(value) for value in parameters or () if isinstance(value, str)) > 150_000:
        raise InternalError("invalid memory alloc request size 1073741824")
    return execute(sql, parameters, many, context)


def test_success_with_an_oversized_result_is_stored_without_it(backend: DatabaseBackend) -> None:
    request = task_request(meta={"own": 1})
    backend.mark_as_done(request.id, LARGE, request=request)
    meta = backend.get_task_meta(request.id)
    assert (meta["status"], meta["result"], meta["name"], meta["own"]) == ("SUCCESS", None, "tests.tasks.add", 1)
    assert meta["refused"] == {"result": len(LARGE) + 2}


def test_failure_with_an_oversized_message_is_stored_without_it(backend: DatabaseBackend) -> None:
    request = task_request()
    backend.mark_as_failure(request.id, KeyError(LARGE), traceback="short", request=request)
    row = TaskResult.objects.get()
    assert (row.status, row.error_type, row.traceback) == ("FAILURE", "KeyError", "short")
    with pytest.raises(ResultTooLarge):
        AsyncResult(request.id, app=app, backend=backend).get(timeout=PATIENCE)


def test_failure_is_stored_if_its_task_message_is_oversized(backend: DatabaseBackend, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"STORE_MESSAGES": "failed", "MESSAGE_MAX_BYTES": 2**30}
    request = task_request(args=[LARGE], headers={"dcr_hidden": False})
    backend.mark_as_failure(request.id, KeyError("k"), traceback="short", request=request)
    row = TaskResult.objects.get()
    assert (row.status, row.error_type, row.traceback) == ("FAILURE", "KeyError", "short")
    record = TaskMessage.objects.get()
    assert record.body is None
    assert "refuses" in str(record.reason)


def test_large_results_below_the_limit_are_stored(backend: DatabaseBackend) -> None:
    backend.store_result("t", "x" * 100_000, states.SUCCESS)
    assert len(backend.get_result("t")) == 100_000


def test_other_database_errors_do_not_drop_a_large_result(backend: DatabaseBackend) -> None:
    statements: list[str] = []

    def fail_once(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        if len(statements) == 1:
            raise InternalError("out of order")
        return execute(sql, *rest)

    with connection.execute_wrapper(fail_once), pytest.raises(InternalError, match="out of order"):
        backend.store_result("t", "x" * 100_000, states.SUCCESS)


@over_redis
@pytest.mark.skipif(connection.vendor != "mysql", reason="other databases have no limit that a worker can reach")
def test_chord_with_an_oversized_member_result_fails_with_result_too_large(worker: Worker) -> None:
    members = [times.s("x", len(LARGE)).set(queue=worker.queue), add.s(1, 2).set(queue=worker.queue)]
    body = chord(members)(add.s(1).set(queue=worker.queue))
    with pytest.raises(ChordError, match="too large"):
        body.get(timeout=PATIENCE)
    rows = TaskResult.objects.filter(task_id__in=[member.id for member in body.parent])
    wait_for(lambda: rows.filter(status="SUCCESS").count() == 2)
