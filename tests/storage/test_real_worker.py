"""What users see of a real worker's tasks."""

from collections.abc import Iterator

import pytest
from celery import group

from django_celery_results.models import TaskResult
from tests.tasks import add, fail, progress
from tests.workers import Worker, running_worker, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(transactional_db: None) -> Iterator[Worker]:
    with running_worker() as worker:
        yield worker


def test_every_kind_of_result_reaches_its_caller(worker: Worker) -> None:
    assert add.apply_async((1, 2), queue=worker.queue).get(timeout=10) == 3

    failed = fail.apply_async(("gone",), queue=worker.queue)
    with pytest.raises(ValueError, match="gone"):
        failed.get(timeout=10)
    assert failed.name == "tests.tasks.fail"
    assert failed.queue == worker.queue
    assert TaskResult.objects.get(task_id=failed.id).error_type == "ValueError"

    sums = group(add.s(n, n).set(queue=worker.queue) for n in range(3)).apply_async()
    assert sums.get(timeout=10) == [0, 2, 4]
    sums.save()
    assert type(sums).restore(sums.id).get(timeout=1) == [0, 2, 4]

    running = progress.apply_async(kwargs={"pause": 0.5}, queue=worker.queue)
    assert wait_for(lambda: running.state == "PROGRESS" and running.info)["total"] == 2
    assert running.get(timeout=10) == 2

    running.forget()
    assert not TaskResult.objects.filter(task_id=running.id).exists()
    assert running.state == "PENDING"
