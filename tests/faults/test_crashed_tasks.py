"""Tasks that break their transaction or whose process is killed: their final state is stored all the same."""

from pathlib import Path

import pytest
from celery import states
from celery.exceptions import WorkerLostError
from django.db import transaction
from django.db.transaction import TransactionManagementError
from kombu import Connection

from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import TaskResult
from tests.celery_app import app
from tests.faults.fault_workers import FaultWorker, over
from tests.tasks import add, kill_process, leave_open, wait_at
from tests.workers import PATIENCE, running_worker, wait_for


@over("kept connection", "connection per task")
def test_states_are_stored_though_tasks_leave_broken_transactions(fault_worker: FaultWorker) -> None:
    for begin in ("block", "autocommit"):
        task = leave_open.apply_async((begin,), {"fails": False}, queue=fault_worker.queue)
        assert task.get(timeout=PATIENCE) == begin
        with pytest.raises(ValueError, match=begin):
            leave_open.apply_async((begin,), {"fails": True}, queue=fault_worker.queue).get(timeout=PATIENCE)
    assert add.apply_async((1, 2), queue=fault_worker.queue).get(timeout=PATIENCE) == 3


@over("kept connection", "connection per task")
def test_task_that_kills_its_process_is_stored_as_lost_without_a_start(fault_worker: FaultWorker) -> None:
    killed = kill_process.apply_async(queue=fault_worker.queue)
    with pytest.raises(WorkerLostError):
        killed.get(timeout=PATIENCE)
    row = TaskResult.objects.get()
    assert (row.status, row.task_name, row.date_started) == ("FAILURE", "tests.tasks.kill_process", None)


def test_task_of_a_killed_worker_is_run_by_the_next_worker(
    tmp_path: Path, rabbitmq: str, transactional_db: None
) -> None:
    marker = tmp_path / "killed"
    celery = {"task_acks_late": True}
    with running_worker(rabbitmq, concurrency=1, results={"MERGE_STARTED_AFTER": 3_600}, celery=celery) as first:
        with Connection(rabbitmq) as broker:
            sent = wait_at.apply_async((str(marker),), queue=first.queue, connection=broker)
        wait_for(marker.exists)
        first.kill()
        assert sent.state == "PENDING"
        with running_worker(rabbitmq, queue=first.queue, celery=celery):
            assert sent.get(timeout=PATIENCE) == "again"
    assert TaskResult.objects.get().date_started is not None


@pytest.mark.django_db(transaction=True)
def test_storing_in_a_broken_transaction_raises_and_the_next_store_succeeds() -> None:
    backend = DatabaseBackend(app)
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError, match="end of the 'atomic' block"):
            backend.store_result("t", 1, states.SUCCESS)
    backend.store_result("t", 1, states.SUCCESS)
    assert backend.get_state("t") == "SUCCESS"
