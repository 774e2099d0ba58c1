"""Tasks that break their own transaction or kill their own process: their final state is stored all the same."""

from pathlib import Path
from typing import Any

import pytest
from celery import states
from celery.exceptions import WorkerLostError
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from kombu import Connection

from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import TaskResult
from tests.celery_app import app
from tests.tasks import add, kill_process, leave_open, wait_at
from tests.workers import RunWorker, running_worker, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
kept_or_not = pytest.mark.parametrize(
    "results", [{"KEEP_CONNECTION": True}, {"KEEP_CONNECTION": False}], ids=["kept", "Django's"]
)


@kept_or_not
def test_a_transaction_that_a_task_leaves_broken_loses_no_state(results: dict[str, Any], run_worker: RunWorker) -> None:
    if connection.vendor == "sqlite" and results["KEEP_CONNECTION"]:
        pytest.skip("on SQLite nobody keeps one")
    with run_worker(concurrency=1, results=results) as worker:
        for how in ("block", "autocommit"):
            assert leave_open.apply_async((how,), {"fails": False}, queue=worker.queue).get(timeout=15) == how
            with pytest.raises(ValueError, match=how):
                leave_open.apply_async((how,), {"fails": True}, queue=worker.queue).get(timeout=15)
        assert add.apply_async((1, 2), queue=worker.queue).get(timeout=15) == 3


@kept_or_not
def test_a_process_killed_before_its_start_was_written_has_lost_its_task(
    results: dict[str, Any], run_worker: RunWorker
) -> None:
    with run_worker(concurrency=1, results={**results, "MERGE_STARTED_AFTER": 60}) as worker:
        killed = kill_process.apply_async(queue=worker.queue)
        with pytest.raises(WorkerLostError):
            killed.get(timeout=40)
        row = TaskResult.objects.get()
        assert (row.status, row.task_name, row.date_started) == ("FAILURE", "tests.tasks.kill_process", None)


def test_a_worker_killed_before_a_start_was_written_leaves_the_task_to_the_next(
    tmp_path: Path, rabbitmq: str, transactional_db: None
) -> None:
    marker = tmp_path / "killed"
    celery = {"task_acks_late": True}
    with running_worker(rabbitmq, concurrency=1, results={"MERGE_STARTED_AFTER": 60}, celery=celery) as first:
        with Connection(rabbitmq) as broker:
            sent = wait_at.apply_async((str(marker),), queue=first.queue, connection=broker)
        wait_for(marker.exists)
        first.kill()
        assert sent.state == "PENDING"
        with running_worker(rabbitmq, queue=first.queue, celery=celery):
            assert sent.get(timeout=30) == "again"
    assert TaskResult.objects.get().date_started is not None


def test_a_broken_transaction_of_a_caller_is_told_and_costs_only_that_transaction() -> None:
    backend = DatabaseBackend(app)
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError, match="end of the 'atomic' block"):
            backend.store_result("t", 1, states.SUCCESS)
    backend.store_result("t", 1, states.SUCCESS)
    assert backend.get_state("t") == "SUCCESS"
