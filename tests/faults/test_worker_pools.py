"""Every pool of Celery stores the states of its tasks: short and long ones, and failures."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from django_celery_results.models import TaskResult
from tests.faults.fault_workers import have_succeeded, publish_sleeps
from tests.tasks import fail, wait_for_file
from tests.workers import RunWorker, wait_for, wait_for_state

HAS_GEVENT = importlib.util.find_spec("gevent") is not None
IS_SQLITE = connection.vendor == "sqlite"
KEPT = {"KEEP_CONNECTION": True}


@pytest.mark.parametrize(
    ("pool", "results"),
    [
        pytest.param("threads", {}, id="threads"),
        pytest.param(
            "threads",
            KEPT,
            id="threads that keep connections",
            marks=pytest.mark.skipif(IS_SQLITE, reason="workers on SQLite keep no connection"),
        ),
        pytest.param("solo", KEPT, id="solo"),
        pytest.param(
            "gevent",
            KEPT,
            id="gevent",
            marks=[
                pytest.mark.skipif(not HAS_GEVENT, reason="gevent is missing"),
                pytest.mark.skipif(IS_SQLITE, reason="greenlets of one process wait for their own lock on SQLite"),
            ],
        ),
    ],
)
def test_pool_stores_the_states_of_all_tasks(
    pool: str, results: dict[str, Any], run_worker: RunWorker, tmp_path: Path
) -> None:
    may_end = tmp_path / "may end"
    with run_worker(pool=pool, concurrency=4, results=results) as worker:
        short = publish_sleeps(worker.queue, 20, seconds=0.001)
        long = wait_for_file.apply_async((str(may_end),), queue=worker.queue)
        failed = fail.apply_async(queue=worker.queue)
        wait_for_state(long.id, "STARTED")
        may_end.touch()
        wait_for(lambda: have_succeeded([*short, long]))
        wait_for_state(failed.id, "FAILURE")
        assert not TaskResult.objects.filter(date_started=None).exists()
