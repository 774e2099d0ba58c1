"""What is too large for the database: a state is stored all the same, and says what is missing."""

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
from tests.tasks import add, times
from tests.workers import RunWorker, wait_for

from .conftest import request_of

pytestmark = pytest.mark.django_db(transaction=True)
LARGE = "x" * (17 * 2**20 if connection.vendor == "mysql" else 200_000)


@pytest.fixture(autouse=True)
def small_database(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """MariaDB takes 16 MB as it comes. SQLite takes a gigabyte, as PostgreSQL does, unless it is told otherwise."""
    if connection.vendor == "sqlite":
        connection.close()
        connection_created.connect(limit)
        yield
        connection_created.disconnect(limit)
        connection.close()
    elif connection.vendor == "postgresql":
        monkeypatch.setattr(oversized, "_POSTGRESQL", 150_000)
        with connection.execute_wrapper(refuse):
            yield
    else:
        yield


def limit(connection: Any, **_: Any) -> None:
    connection.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 150_000)


def refuse(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
    if sum(len(value) for value in parameters or () if isinstance(value, str)) > 150_000:
        raise InternalError("invalid memory alloc request size 1073741824")
    return execute(sql, parameters, many, context)


def test_a_success_stays_a_success_and_says_what_is_missing(backend: DatabaseBackend) -> None:
    request = request_of(meta={"own": 1})
    backend.mark_as_done(request.id, LARGE, request=request)
    meta = backend.get_task_meta(request.id)
    assert (meta["status"], meta["result"], meta["name"], meta["own"]) == ("SUCCESS", None, "tests.tasks.add", 1)
    assert meta["refused"] == {"result": len(LARGE) + 2}


def test_a_failure_says_that_its_error_is_missing(backend: DatabaseBackend) -> None:
    request = request_of()
    backend.mark_as_failure(request.id, KeyError(LARGE), traceback="short", request=request)
    row = TaskResult.objects.get()
    assert (row.status, row.error_type, row.traceback) == ("FAILURE", "KeyError", "short")
    with pytest.raises(ResultTooLarge):
        AsyncResult(request.id, app=app, backend=backend).get(timeout=1)


def test_a_failure_without_room_for_its_message_keeps_all_else(backend: DatabaseBackend, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"STORE_MESSAGES": "failed", "MESSAGE_MAX_BYTES": 2**30}
    request = request_of(args=[LARGE], headers={"dcr_hidden": False})
    backend.mark_as_failure(request.id, KeyError("k"), traceback="short", request=request)
    row = TaskResult.objects.get()
    assert (row.status, row.error_type, row.traceback) == ("FAILURE", "KeyError", "short")
    record = TaskMessage.objects.get()
    assert record.body is None
    assert "refuses" in str(record.reason)


def test_what_is_large_and_fits_is_stored(backend: DatabaseBackend) -> None:
    backend.store_result("t", "x" * 100_000, states.SUCCESS)
    assert len(backend.get_result("t")) == 100_000


def test_another_failure_of_the_database_costs_no_large_result(backend: DatabaseBackend) -> None:
    asked: list[str] = []

    def fail_once(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked.append(sql)
        if len(asked) == 1:
            raise InternalError("out of order")
        return execute(sql, *rest)

    with connection.execute_wrapper(fail_once), pytest.raises(InternalError, match="out of order"):
        backend.store_result("t", "x" * 100_000, states.SUCCESS)


def test_a_chord_with_a_value_too_large_fails_once_with_a_clear_error(run_worker: RunWorker) -> None:
    if connection.vendor != "mysql":
        pytest.skip("a worker cannot be told to have a smaller database")
    with run_worker() as worker:
        members = [times.s("x", len(LARGE)).set(queue=worker.queue), add.s(1, 2).set(queue=worker.queue)]
        body = chord(members)(add.s(1).set(queue=worker.queue))
        with pytest.raises(ChordError, match="too large"):
            body.get(timeout=30)
        rows = TaskResult.objects.filter(task_id__in=[member.id for member in body.parent])
        wait_for(lambda: rows.filter(status="SUCCESS").count() == 2)
