"""A soft time limit that interrupts a statement of the task: what became of the task is stored as it was."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import product

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection, transaction

from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import TaskResult
from tests.celery_app import app
from tests.faults.fault_workers import FaultWorker, needs_server, over
from tests.storage.requests import task_request
from tests.tasks import exceed_soft_time_limit
from tests.workers import wait_for, wait_for_state

SLEEP = "SELECT SLEEP(60)" if connection.vendor == "mysql" else "SELECT pg_sleep(60)"
RUNNING = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND query LIKE '%%pg_sleep%%'"
ENDS = {"raise": "FAILURE", "return": "SUCCESS", "retry": "RETRY"}


@pytest.fixture(autouse=True)
def end_statements(transactional_db: None) -> Iterator[None]:
    """End what the server goes on with where Django closed the connection: it would keep the database in use."""
    yield
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
            )


@needs_server
@over("kept connection", "connection per task")
@pytest.mark.parametrize(("begin", "end"), list(product(("block", "autocommit"), ENDS)))
def test_end_of_a_task_that_a_soft_time_limit_interrupts_within_a_statement_is_stored(
    begin: str, end: str, fault_worker: FaultWorker
) -> None:
    task = exceed_soft_time_limit.apply_async((SLEEP, begin, end), queue=fault_worker.queue, soft_time_limit=1)
    row = wait_for_state(task.id, *ENDS.values())
    assert row.status == ENDS[end]
    if end == "raise":
        assert row.error_type == "billiard.exceptions.SoftTimeLimitExceeded"
        assert "SoftTimeLimitExceeded" in str(row.result)


@contextmanager
def soft_time_limit_within_a_statement() -> Iterator[int]:
    """Raise in this thread what a soft time limit raises, once PostgreSQL runs a statement; yield the backend's id."""
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid

    def interrupt() -> None:
        watching = connection.copy("watching")
        with watching.cursor() as cursor:
            wait_for(lambda: cursor.execute(RUNNING, [pid]) or cursor.fetchone() or False)
        watching.close()
        os.kill(os.getpid(), signal.SIGUSR1)

    def exceed(*_: object) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGUSR1, exceed)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield pid
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)


def run(sql: str, begin: str) -> None:
    block = transaction.atomic() if begin == "block" else nullcontext()
    with block, connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="other drivers wait for the server or leave it")
@pytest.mark.parametrize("begin", ["block", "autocommit"])
def test_failure_is_stored_in_the_process_of_the_interrupted_statement(begin: str) -> None:
    backend, request = DatabaseBackend(app), task_request("interrupted")
    with pytest.raises((SoftTimeLimitExceeded, DatabaseError)) as raised, soft_time_limit_within_a_statement() as pid:
        run(SLEEP, begin)
    backend.mark_as_failure("interrupted", raised.value, request=request)
    assert TaskResult.objects.get().error_type == "billiard.exceptions.SoftTimeLimitExceeded"
    with connection.cursor() as cursor:  # the server does not go on with the statement, nor hold its locks
        wait_for(lambda: cursor.execute(RUNNING, [pid]) or not cursor.fetchone())
