"""Workers that are started once for several tests of faults: behind a proxy, where the database is a server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery.result import AsyncResult
from django.db import connection

from django_celery_results.models import TaskResult
from tests.faults.database_proxy import DatabaseProxy
from tests.isolation import new_queue
from tests.tasks import sleep
from tests.workers import Worker, running_worker

PORTS = {"postgresql": 5432, "mysql": 3306}
WORKERS: dict[str, dict[str, Any]] = {
    "kept connection": {"pool": "prefork", "concurrency": 1, "keep": True},
    "connection per task": {"pool": "prefork", "concurrency": 1, "keep": False},
    "threads": {"pool": "threads", "concurrency": 4, "keep": True},
}
"""Settings by the name that tests give to `over`."""

needs_server = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no connection that could break")


def over(*names: str) -> pytest.MarkDecorator:
    """Run a test of the fixture `fault_worker` over these workers."""
    is_sqlite = connection.vendor == "sqlite"
    reason = "workers on SQLite keep no connection"
    skipped = [pytest.mark.skipif(is_sqlite and WORKERS[name]["keep"], reason=reason) for name in names]
    workers = [pytest.param(name, marks=mark) for name, mark in zip(names, skipped, strict=True)]
    return pytest.mark.parametrize("shared_fault_worker", workers, indirect=True)


@dataclass(frozen=True, kw_only=True)
class FaultWorker:
    """A worker, and the proxy before its database. On SQLite there is no proxy."""

    worker: Worker
    proxy: DatabaseProxy | None

    @property
    def queue(self) -> str:
        return self.worker.queue


@contextmanager
def running_fault_worker(broker: str, name: str) -> Iterator[FaultWorker]:
    """Start a worker of this name. It never writes STARTED by itself, which takes another connection."""
    settings = WORKERS[name]
    options: dict[str, Any] = {
        "exchange": new_queue(),
        "pool": settings["pool"],
        "concurrency": settings["concurrency"],
        "results": {"KEEP_CONNECTION": settings["keep"], "MERGE_STARTED_AFTER": 3_600},
        "celery": {"worker_lost_wait": 0.5},
    }
    if connection.vendor == "sqlite":
        with running_worker(broker, **options) as worker:
            yield FaultWorker(worker=worker, proxy=None)
        return
    url = urlsplit(os.environ["DATABASE_URL"])
    login = url.netloc.rpartition("@")[0]
    with DatabaseProxy(url.hostname or "127.0.0.1", url.port or PORTS[connection.vendor]) as proxy:
        behind = url._replace(netloc=f"{login}@127.0.0.1:{proxy.port}").geturl()
        with running_worker(broker, env={"DATABASE_URL": behind}, **options) as worker:
            yield FaultWorker(worker=worker, proxy=proxy)


def publish_sleeps(queue: str, count: int, seconds: float = 0.0) -> list[AsyncResult[Any]]:
    """Publish tasks that take so many seconds each."""
    return [sleep.apply_async((seconds,), queue=queue) for _ in range(count)]


def have_succeeded(tasks: list[AsyncResult[Any]]) -> bool:
    """Return whether the success of all these tasks is stored."""
    return TaskResult.objects.filter(task_id__in=[task.id for task in tasks], status="SUCCESS").count() == len(tasks)
