"""Results, errors, groups and progress that a worker stores reach the caller."""

import pytest
from celery import group, states

from django_celery_results.models import TaskResult
from tests.tasks import add, fail, progress
from tests.workers import PATIENCE, Worker, wait_for_state


def test_caller_gets_the_result_until_it_is_forgotten(embedded_worker: Worker) -> None:
    result = add.apply_async((1, 2), queue=embedded_worker.queue)
    assert result.get(timeout=PATIENCE) == 3

    result.forget()

    assert not TaskResult.objects.filter(task_id=result.id).exists()
    assert result.state == states.PENDING


def test_caller_gets_the_error_with_name_and_queue(embedded_worker: Worker) -> None:
    failed = fail.apply_async(("gone",), queue=embedded_worker.queue)
    with pytest.raises(ValueError, match="gone"):
        failed.get(timeout=PATIENCE)
    assert (failed.name, failed.queue) == (fail.name, embedded_worker.queue)
    assert TaskResult.objects.get(task_id=failed.id).error_type == "ValueError"


def test_caller_gets_the_results_of_a_saved_group(embedded_worker: Worker) -> None:
    result = group(add.s(n, n).set(queue=embedded_worker.queue) for n in range(3)).apply_async()
    assert result.get(timeout=PATIENCE) == [0, 2, 4]
    result.save()
    assert type(result).restore(result.id).get(timeout=PATIENCE) == [0, 2, 4]


def test_caller_sees_the_progress_of_a_running_task(embedded_worker: Worker) -> None:
    running = progress.apply_async(kwargs={"pause": 300}, queue=embedded_worker.queue)
    wait_for_state(running.id, "PROGRESS")
    assert (running.state, running.info) == ("PROGRESS", {"current": 0, "total": 2})
