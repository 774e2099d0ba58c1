"""How many statements the backend sends to store and read states, BEGIN and COMMIT included."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import states
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.backends import DatabaseBackend, started
from django_celery_results.models import TaskMessage, TaskResult
from tests.storage.requests import task_request
from tests.workers import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

FIRST_WRITE = 2 if connection.vendor == "mysql" else 1


@contextmanager
def statements(expected: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    assert len(captured) == expected, [query["sql"] for query in captured]


def test_short_task_takes_one_statement(backend: DatabaseBackend, as_worker: None, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MERGE_STARTED_AFTER": 3_600}  # short, however slow the machine is
    request = task_request()
    with statements(1):
        backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
        backend.mark_as_done(request.id, 3, request=request)
    stored = TaskResult.objects.get()
    assert stored.status == "SUCCESS"
    assert stored.date_started is not None
    assert stored.date_started <= stored.date_done


def test_long_task_takes_a_statement_at_its_start_and_at_its_end(backend: DatabaseBackend, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MERGE_STARTED_AFTER": 0}
    request = task_request()
    with statements(FIRST_WRITE):
        backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    with statements(1):
        backend.mark_as_done(request.id, 3, request=request)


def test_each_progress_update_takes_one_statement(backend: DatabaseBackend) -> None:
    request = task_request()
    backend.store_result(request.id, {"step": 0}, "PROGRESS", request=request)
    with statements(3):
        for step in range(3):
            backend.store_result(request.id, {"step": step}, "PROGRESS", request=request)


def test_failure_with_its_message_takes_four_statements(backend: DatabaseBackend) -> None:
    request = task_request()
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    with statements(4):
        backend.mark_as_failure(request.id, ValueError("no"), traceback="Traceback", request=request)
    assert TaskMessage.objects.get().task_id == request.id


def test_reading_a_state_takes_one_query(backend: DatabaseBackend) -> None:
    backend.store_result("t", 1, states.SUCCESS)
    with statements(1):
        assert backend.get_state("t") == "SUCCESS"
    with statements(1):
        assert backend.get_state("unknown") == "PENDING"


def test_long_task_is_stored_as_started_while_it_runs(backend: DatabaseBackend, as_worker: None) -> None:
    request = task_request()
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    assert started.held_starts()._held
    wait_for(lambda: not started.held_starts()._held)
    stored = TaskResult.objects.get()
    assert (stored.status, stored.worker) == ("STARTED", "worker@test")
    backend.mark_as_done(request.id, 3, request=request)
    assert TaskResult.objects.get().date_started == stored.date_started
    wait_for(lambda: not started.held_starts()._held)


def test_first_query_for_task_results_writes_started_before(backend: DatabaseBackend, as_worker: None) -> None:
    request = task_request()
    with statements(0):
        backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    with statements(1):
        assert not User.objects.exists()
    with statements(2):
        assert TaskResult.objects.get().status == "STARTED"
    with statements(1):
        assert TaskResult.objects.get().status == "STARTED"
    with statements(1):
        backend.mark_as_done(request.id, 3, request=request)


def test_late_started_does_not_replace_the_final_state(backend: DatabaseBackend, as_worker: None) -> None:
    request = task_request()
    writes: list[Callable[[], None]] = []
    held = started.held_starts()
    held.hold = lambda task_id, date_started, seconds, write, tables: not writes.append(write)  # type: ignore[method-assign]
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    backend.mark_as_done(request.id, 3, request=request)
    writes[0]()
    assert TaskResult.objects.get().status == "SUCCESS"


def test_started_is_stored_at_once_outside_of_workers(backend: DatabaseBackend) -> None:
    request = task_request()
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    assert TaskResult.objects.get().status == "STARTED"
