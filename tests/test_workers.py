"""The suite's own worker runs tasks of the suite's own app."""

import pytest

from tests.tasks import add
from tests.workers import running_worker, wait_for


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_a_task() -> None:
    with running_worker(celery={"result_backend": "disabled"}) as worker:
        add.apply_async((1, 2), queue=worker.queue, ignore_result=True)
        wait_for(lambda: "succeeded in" in worker.log)
