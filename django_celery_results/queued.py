"""Queued tasks as rows: PENDING, written by the publisher once the message went out and its transaction committed.

Never within the caller's transaction: a worker's own write would wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from celery import current_app, states
from celery.app.task import Context
from celery.utils.log import get_logger
from django.db import DatabaseError, connections, router

from .backends.database import DatabaseBackend
from .conf import settings
from .exceptions import TaskIdTooLong

logger = get_logger(__name__)


def on_publish(sender: Any = None, headers: Any = None, routing_key: Any = None, **_: Any) -> None:
    """Receiver of `after_task_publish`, which is not sent for a message that the broker refused."""
    if not settings().track_queued or not headers or not headers.get("id"):
        return
    task = current_app.tasks.get(headers.get("task"))
    backend: Any = task.backend if task else current_app.backend
    if isinstance(backend, DatabaseBackend) and not _is_ignored(headers, task):
        _after_commit(backend, lambda: _store(backend, headers, routing_key))


def _is_ignored(headers: dict[str, Any], task: Any) -> bool:
    """As the worker judges it. A row that nothing ever finishes would look queued for good."""
    own = headers.get("ignore_result")
    return bool(getattr(task, "ignore_result", False) if own is None else own)


def _after_commit(backend: DatabaseBackend, store: Callable[[], None]) -> None:
    connection = connections[router.db_for_write(backend.TaskModel)]
    if connection.in_atomic_block:
        connection.on_commit(store, robust=True)  # never, where the transaction is rolled back
    elif loop := _running_loop():
        loop.run_in_executor(None, _store_and_close, store, connection.alias)  # Django refuses to block a loop
    else:
        store()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _store_and_close(store: Callable[[], None], alias: str) -> None:
    try:
        store()
    finally:
        connections[alias].close()  # that of this thread, which nobody else would close


def _store(backend: DatabaseBackend, headers: dict[str, Any], routing_key: Any) -> None:
    """The task is on its way whatever happens here: a failure is logged, and the worker writes the row."""
    request = Context({**headers, "delivery_info": {"routing_key": routing_key}})
    try:
        backend.store_queued(str(headers["id"]), request)
    except (DatabaseError, TaskIdTooLong):
        logger.exception("Task %s is queued, but not stored as %s", headers.get("id"), states.PENDING)
