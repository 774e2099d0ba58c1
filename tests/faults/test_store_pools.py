"""Every pool of Celery stores what its tasks say: short and long ones, failures, on the connections it can have."""

import importlib.util
from typing import Any

import pytest
from django.db import connection

from django_celery_results.models import TaskResult
from tests.tasks import fail, sleep
from tests.workers import RunWorker, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
HAS_GEVENT = importlib.util.find_spec("gevent") is not None


KEPT = {"KEEP_CONNECTION": True}


@pytest.mark.parametrize(
    ("pool", "results"),
    [
        ("threads", {}),
        ("threads", KEPT),
        ("solo", KEPT),
        pytest.param("gevent", KEPT, marks=pytest.mark.skipif(not HAS_GEVENT, reason="gevent is missing")),
    ],
)
def test_a_pool_loses_nothing(pool: str, results: dict[str, Any], run_worker: RunWorker) -> None:
    if pool == "gevent" and connection.vendor == "sqlite":
        pytest.skip("one process of greenlets waits for its own lock on SQLite")
    with run_worker(pool=pool, concurrency=4, results=results) as worker:
        short = [sleep.apply_async((0.001,), queue=worker.queue) for _ in range(20)]
        long = sleep.apply_async((1.0,), queue=worker.queue)
        failed = fail.apply_async(queue=worker.queue)
        wait_for(lambda: TaskResult.objects.filter(task_id=long.id, status="STARTED").exists())
        ids = [task.id for task in (*short, long)]
        wait_for(lambda: TaskResult.objects.filter(task_id__in=ids, status="SUCCESS").count() == len(ids))
        wait_for(lambda: TaskResult.objects.filter(task_id=failed.id, status="FAILURE").exists())
        assert not TaskResult.objects.filter(date_started=None).exists()
