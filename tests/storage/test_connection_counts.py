"""How many connections a worker has open, counted in the database's server."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from django_celery_results.checks.databases import connections_of_worker
from django_celery_results.models import TaskResult
from tests.tasks import add, sleep, use_connection
from tests.workers import RunWorker, wait_for, wait_for_state

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="no server counts connections to SQLite"),
]
PROCESSES = 2


@pytest.fixture
def own_user() -> Iterator[str]:
    """Create a user of the server whom nobody else connects as; return its name."""
    name = f"dcr_{uuid.uuid4().hex[:12]}"
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if is_postgresql:
            cursor.execute(f"CREATE ROLE {name} LOGIN SUPERUSER")
        else:
            cursor.execute(f"CREATE USER {name}@'%'")
            cursor.execute(f"GRANT ALL ON `{connection.settings_dict['NAME']}`.* TO {name}@'%'")
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f"DROP ROLE {name}" if is_postgresql else f"DROP USER {name}@'%'")


def count_connections(user: str) -> int:
    """Return how many connections of a user the server has open."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [user])
        else:
            cursor.execute("SELECT count(*) FROM information_schema.processlist WHERE user = %s", [user])
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(("age", "idle", "busy"), [(0, 0, PROCESSES), (600, PROCESSES, 2 * PROCESSES)])
def test_worker_has_as_many_connections_as_the_check_counts(
    age: int,
    idle: int,
    busy: int,
    own_user: str,
    run_worker: RunWorker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", age)
    to = connection.settings_dict
    port = to["PORT"] or {"postgresql": 5432, "mysql": 3306}[connection.vendor]
    env = {
        "DATABASE_URL": f"{connection.vendor}://{own_user}@{to['HOST']}:{port}/test",
        "DATABASE_MORE": f'{{"CONN_MAX_AGE": {age}}}',
    }
    with run_worker(env=env, concurrency=PROCESSES, celery={"task_track_started": True}) as worker:
        use_all_ways_to_store(worker.queue)
        wait_for(lambda: count_connections(own_user) == idle)

        gate = tmp_path / "end"
        busy_tasks = [use_connection.apply_async((str(gate),), queue=worker.queue) for _ in range(PROCESSES)]
        for task in busy_tasks:
            wait_for_state(task.id, "USING")
        wait_for(lambda: count_connections(own_user) == busy == connections_of_worker(connection, PROCESSES))
        gate.touch()
        for task in busy_tasks:
            wait_for_state(task.id, "SUCCESS")
        wait_for(lambda: count_connections(own_user) == idle)


def use_all_ways_to_store(queue: str) -> None:
    """Have the pool's processes, their threads and the main process store something."""
    short = [add.apply_async((1, number), queue=queue) for number in range(10)]
    held_back = [sleep.apply_async((0.2,), queue=queue) for _ in range(4)]  # a thread writes STARTED
    expired = [add.apply_async((1, 2), queue=queue, expires=-1) for _ in range(4)]  # the main process stores REVOKED
    for task in (*short, *held_back):
        wait_for_state(task.id, "SUCCESS")
    for task in expired:
        wait_for_state(task.id, "REVOKED")
    assert TaskResult.objects.count() == 18
