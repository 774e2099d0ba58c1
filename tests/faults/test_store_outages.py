"""Real workers whose database connections break, or whose database is away: no result is lost."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery.result import AsyncResult
from django.db import connection

from django_celery_results.models import TaskResult
from tests.tasks import fail, sleep
from tests.workers import RunWorker, Worker, wait_for

from .store_proxy import Proxy

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no connection that could break"),
]
KEPT = {"KEEP_CONNECTION": True}
PORTS = {"postgresql": 5432, "mysql": 3306}


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    with Proxy(url.hostname or "127.0.0.1", url.port or PORTS[connection.vendor]) as proxy:
        yield proxy


@pytest.fixture
def worker_behind_proxy(proxy: Proxy, run_worker: RunWorker) -> RunWorker:
    """Start a worker whose database is behind the proxy."""
    url = urlsplit(os.environ["DATABASE_URL"])
    credentials = f"{url.username}:{url.password}" if url.password else url.username
    behind = url._replace(netloc=f"{credentials}@127.0.0.1:{proxy.port}").geturl()
    return partial(run_worker, env={"DATABASE_URL": behind})


def send(worker: Worker, count: int, seconds: float = 0.02) -> list[AsyncResult[Any]]:
    return [sleep.apply_async((seconds,), queue=worker.queue) for _ in range(count)]


def are_stored(sent: list[AsyncResult[Any]]) -> bool:
    return TaskResult.objects.filter(task_id__in=[task.id for task in sent], status="SUCCESS").count() == len(sent)


def test_connections_that_break_all_the_time_lose_no_result(proxy: Proxy, worker_behind_proxy: RunWorker) -> None:
    with worker_behind_proxy(results={**KEPT, "MERGE_STARTED_AFTER": 0}) as worker:
        sent = send(worker, 60)
        broken = 0
        deadline = time.monotonic() + 30
        while not are_stored(sent) and time.monotonic() < deadline:
            broken += proxy.cut()
            time.sleep(0.15)
        assert are_stored(sent), worker.log
        assert broken >= 2


@pytest.mark.parametrize("results", [KEPT, {"KEEP_CONNECTION": False}], ids=["kept", "Django's"])
def test_a_database_away_for_seconds_loses_no_result(
    proxy: Proxy, worker_behind_proxy: RunWorker, results: dict[str, Any]
) -> None:
    with worker_behind_proxy(results=results) as worker:
        warm = send(worker, 2)
        wait_for(lambda: are_stored(warm))
        sent = send(worker, 6, seconds=0.2)
        failed = fail.apply_async(queue=worker.queue)
        with proxy.down():
            time.sleep(3)
        wait_for(lambda: are_stored(sent), 20)
        wait_for(lambda: TaskResult.objects.filter(task_id=failed.id, status="FAILURE").exists())
        assert TaskResult.objects.filter(date_started=None).count() == 0, "merged into the final state"


def test_a_worker_keeps_one_connection_per_process(proxy: Proxy, worker_behind_proxy: RunWorker) -> None:
    with worker_behind_proxy(results=KEPT) as worker:
        warm = send(worker, 4)
        wait_for(lambda: are_stored(warm))
        before = proxy.accepted
        sent = send(worker, 30, seconds=0)
        wait_for(lambda: are_stored(sent))
        assert proxy.accepted - before <= 1, "a process that had no task before may open its own"


def test_threads_have_connections_of_their_own(proxy: Proxy, worker_behind_proxy: RunWorker) -> None:
    with worker_behind_proxy(results=KEPT, pool="threads", concurrency=4) as worker:
        sent = send(worker, 40, seconds=0.01)
        wait_for(lambda: are_stored(sent))
        assert proxy.accepted <= 10


def test_what_the_server_kills_is_opened_again(run_worker: RunWorker) -> None:
    with run_worker(results=KEPT) as worker:
        warm = send(worker, 4)
        wait_for(lambda: are_stored(warm))
        assert kill_others() >= 1
        sent = send(worker, 6)
        wait_for(lambda: are_stored(sent))


def kill_others() -> int:
    """End the connections that the worker has to the test's database; how many there were."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return len(cursor.fetchall())
        cursor.execute("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")
        ids = [row[0] for row in cursor.fetchall()]
        for each in ids:
            cursor.execute(f"KILL {each}")
        return len(ids)
