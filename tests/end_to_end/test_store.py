"""A worker stores what its tasks return and raise, and callers read it."""

import pytest
from celery import group

from django_celery_results.models import TaskResult
from tests.tasks import add, fail, progress
from tests.workers import PATIENCE, Worker, wait_for


def test_results_errors_groups_and_progress_reach_the_caller(embedded_worker: Worker) -> None:
    assert add.apply_async((1, 2), queue=embedded_worker.queue).get(timeout=PATIENCE) == 3

    failed = fail.apply_async(("gone",), queue=embedded_worker.queue)
    with pytest.raises(ValueError, match="gone"):
        failed.get(timeout=PATIENCE)
    assert failed.name == "tests.tasks.fail"
    assert failed.queue == embedded_worker.queue
    assert TaskResult.objects.get(task_id=failed.id).error_type == "ValueError"

    sums = group(add.s(n, n).set(queue=embedded_worker.queue) for n in range(3)).apply_async()
    assert sums.get(timeout=PATIENCE) == [0, 2, 4]
    sums.save()
    assert type(sums).restore(sums.id).get(timeout=PATIENCE) == [0, 2, 4]

    running = progress.apply_async(kwargs={"pause": 0.5}, queue=embedded_worker.queue)
    assert wait_for(lambda: running.state == "PROGRESS" and running.info)["total"] == 2
    assert running.get(timeout=PATIENCE) == 2

    running.forget()
    assert not TaskResult.objects.filter(task_id=running.id).exists()
    assert running.state == "PENDING"
