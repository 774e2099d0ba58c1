"""What a state change costs, BEGIN and COMMIT counted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import states
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.backends import DatabaseBackend, started
from django_celery_results.models import TaskMessage, TaskResult
from tests.workers import wait_for

from .conftest import request_of

pytestmark = pytest.mark.django_db(transaction=True)

FIRST_WRITE = 2 if connection.vendor == "mysql" else 1


@contextmanager
def statements(expected: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    assert len(captured) == expected, [query["sql"] for query in captured]


def test_a_short_task_is_one_write(backend: DatabaseBackend, as_worker: None) -> None:
    request = request_of()
    with statements(1):
        backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
        backend.mark_as_done(request.id, 3, request=request)
    stored = TaskResult.objects.get()
    assert stored.status == "SUCCESS"
    assert stored.date_started is not None
    assert stored.date_started <= stored.date_done


def test_a_long_task_is_written_when_it_starts_and_when_it_ends(backend: DatabaseBackend, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MERGE_STARTED_AFTER": 0}
    request = request_of()
    with statements(FIRST_WRITE):
        backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    with statements(1):
        backend.mark_as_done(request.id, 3, request=request)


def test_progress_is_one_statement_a_step(backend: DatabaseBackend) -> None:
    request = request_of()
    backend.store_result(request.id, {"step": 0}, "PROGRESS", request=request)
    with statements(3):
        for step in range(3):
            backend.store_result(request.id, {"step": step}, "PROGRESS", request=request)


def test_a_failure_with_its_message_is_four_statements(backend: DatabaseBackend) -> None:
    request = request_of()
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    with statements(4):
        backend.mark_as_failure(request.id, ValueError("no"), traceback="Traceback", request=request)
    assert TaskMessage.objects.get().task_id == request.id


def test_reading_a_state_is_one_query(backend: DatabaseBackend) -> None:
    backend.store_result("t", 1, states.SUCCESS)
    with statements(1):
        assert backend.get_state("t") == "SUCCESS"
    with statements(1):
        assert backend.get_state("unknown") == "PENDING"


def test_a_task_that_runs_on_is_shown_as_started(backend: DatabaseBackend, as_worker: None) -> None:
    request = request_of()
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    assert not TaskResult.objects.exists()
    stored = wait_for(lambda: TaskResult.objects.first())
    assert (stored.status, stored.worker) == ("STARTED", "worker@test")
    backend.mark_as_done(request.id, 3, request=request)
    stored_later = TaskResult.objects.get()
    assert stored_later.date_started == stored.date_started
    wait_for(lambda: not started.held_starts()._held)


def test_a_started_that_is_late_loses_to_the_end(backend: DatabaseBackend, as_worker: None) -> None:
    request = request_of()
    writes: list[Callable[[], None]] = []
    held = started.held_starts()
    held.hold = lambda task_id, date_started, seconds, write: writes.append(write)  # type: ignore[method-assign]
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    backend.mark_as_done(request.id, 3, request=request)
    writes[0]()
    assert TaskResult.objects.get().status == "SUCCESS"


def test_outside_of_workers_started_is_written_at_once(backend: DatabaseBackend) -> None:
    request = request_of()
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    assert TaskResult.objects.get().status == "STARTED"
