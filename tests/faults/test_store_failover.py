"""Results of running workers survive a PostgreSQL failover, though the old primary still answers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.replicated_postgresql import DATABASE, USER, Replicated, connect, fetch_value, replicated_postgresql
from tests.tasks import fail, progress, sleep
from tests.workers import RunWorker, child_environment, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]
TABLE = "django_celery_results_taskresult"


@pytest.fixture
def replicated() -> Iterator[Replicated]:
    with replicated_postgresql() as servers:
        yield servers


@pytest.mark.parametrize(
    ("results", "database_options"),
    [({"KEEP_CONNECTION": True}, {}), ({"KEEP_CONNECTION": False}, {"CONN_MAX_AGE": 600})],
    ids=["kept", "Django's"],
)
def test_failover_under_load_loses_no_result(
    results: dict[str, Any], database_options: dict[str, Any], replicated: Replicated, run_worker: RunWorker
) -> None:
    env = {
        "DATABASE_URL": f"postgresql://{USER}@127.0.0.1/{DATABASE}",
        "DATABASE_NAME": DATABASE,
        "DATABASE_MORE": json.dumps(replicated.django_settings() | database_options),
    }
    migrate = [sys.executable, "-m", "django", "migrate", "-v0"]
    subprocess.run(migrate, env={**os.environ, **child_environment("memory://"), **env}, check=True)
    celery = {"worker_prefetch_multiplier": 1}
    with run_worker(results={**results, "MERGE_STARTED_AFTER": 0.01}, celery=celery, env=env) as worker:
        sent = [sleep.apply_async((0.02,), queue=worker.queue).id for _ in range(150)]
        sent += [progress.apply_async((3, 0.05), queue=worker.queue).id for _ in range(10)]
        failed = [fail.apply_async(queue=worker.queue).id for _ in range(10)]
        wait_for(lambda: count(replicated.primary, "SUCCESS") >= 20)
        replicated.fail_over()
        assert count(replicated.standby, "SUCCESS") < len(sent), "the worker still runs tasks"
        wait_for(lambda: count(replicated.standby, "SUCCESS") == len(sent))
        wait_for(lambda: count(replicated.standby, "FAILURE") == len(failed))


def count(port: int, status: str) -> int:
    """Return how many tasks are in this state on one of the servers."""
    with connect(port) as connection:
        return int(fetch_value(connection, f"SELECT count(*) FROM {TABLE} WHERE status = '{status}'"))
