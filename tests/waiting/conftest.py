"""Results that a test finishes by itself, in another thread, as a worker would."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from celery.result import AsyncResult
from django.db import connection, connections

from tests.celery_app import app

Finish = Callable[..., None]


@pytest.fixture
def finish_later() -> Iterator[Finish]:
    """Store the outcome of these tasks after so many seconds, on a connection of its own."""
    threads: list[threading.Thread] = []

    def work(seconds: float, task_ids: tuple[str, ...], state: str, value: Any) -> None:
        time.sleep(seconds)
        for task_id in task_ids:
            app.backend.store_result(task_id, value, state)
        connections.close_all()

    def finish_later(seconds: float, *task_ids: str, state: str = "SUCCESS", value: Any = 1) -> None:
        thread = threading.Thread(target=work, args=(seconds, task_ids, state, value))
        thread.start()
        threads.append(thread)

    yield finish_later
    for thread in threads:
        thread.join()


@pytest.fixture
def results() -> list[AsyncResult]:
    """Fifty tasks: all but every fifth have succeeded."""
    ids = [f"member-{number}" for number in range(50)]
    for number, task_id in enumerate(ids):
        if number % 5:
            app.backend.store_result(task_id, number, "SUCCESS")
    return [app.AsyncResult(task_id) for task_id in ids]


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine, and close the connection of the thread that asked the database for it."""

    async def main() -> Any:
        try:
            return await coroutine
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(main())


postgresql_only = pytest.mark.skipif(
    "postgresql" not in connection.vendor, reason="only PostgreSQL has LISTEN and NOTIFY; set DATABASE_URL"
)
