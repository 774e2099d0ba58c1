"""Queued tasks as rows: PENDING, written by the publisher once the message went out and its transaction committed.

Never within the caller's transaction: a worker's own write would wait for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from celery import current_app, states
from celery.app.task import Context
from celery.utils.log import get_logger
from django.db import DatabaseError, connections, router

from . import message
from .backends.database import DatabaseBackend
from .conf import settings
from .connections import uses_django_backend
from .exceptions import TaskIdTooLong

logger = get_logger(__name__)
_leaving = threading.local()
"""The task that this thread publishes just now."""


def before_publish(sender: Any = None, headers: Any = None, properties: Any = None, **_: Any) -> None:
    """Receiver of `before_task_publish`: only here is the priority told."""
    _leaving.task = (headers or {}).get("id"), (properties or {}).get("priority")


def on_publish(
    sender: Any = None,
    body: Any = None,
    headers: Any = None,
    exchange: Any = None,
    routing_key: Any = None,
    **_: Any,
) -> None:
    """Receiver of `after_task_publish`, which is not sent for a message that the broker refused."""
    if not settings().track_queued or not headers or not headers.get("id"):
        return
    task = current_app.tasks.get(headers.get("task"))
    backend: Any = task.backend if task else current_app.backend
    if isinstance(backend, DatabaseBackend) and not _is_ignored(headers, task):
        request = _request(body, headers, exchange, routing_key)
        record = message.of_queued(backend.app, request)  # at once: the caller may change its arguments
        _after_commit(backend, lambda: _store(backend, request, record))


def _request(body: Any, headers: dict[str, Any], exchange: Any, routing_key: Any) -> Context:
    """As a worker will be given it."""
    args, kwargs, embedded = body if isinstance(body, tuple | list) and len(body) == 3 else ((), {}, {})
    leaving, priority = getattr(_leaving, "task", (None, None))
    delivery = {"exchange": str(getattr(exchange, "name", exchange) or ""), "routing_key": routing_key}
    if leaving == headers["id"]:
        delivery["priority"] = priority
    return Context({**headers, "args": args, "kwargs": kwargs, **(embedded or {}), "delivery_info": delivery})


def _is_ignored(headers: dict[str, Any], task: Any) -> bool:
    """As the worker judges it. A row that nothing ever finishes would look queued for good."""
    own = headers.get("ignore_result")
    return bool(getattr(task, "ignore_result", False) if own is None else own)


def _after_commit(backend: DatabaseBackend, store: Callable[[], None]) -> None:
    connection = connections[router.db_for_write(backend.TaskModel)]
    if connection.in_atomic_block:
        connection.on_commit(store, robust=True)  # never, where the transaction is rolled back
    elif loop := _running_loop():
        if uses_django_backend(connection):  # else the worker writes it: a thread's connection may be another tenant's
            loop.run_in_executor(None, _store_and_close, backend, store)  # Django refuses to block a loop
    else:
        store()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _store_and_close(backend: DatabaseBackend, store: Callable[[], None]) -> None:
    try:
        store()
    finally:
        connections[backend.alias_for_write()].close()  # that of this thread, which nobody else would close


def _store(backend: DatabaseBackend, request: Context, record: message.Keep | None) -> None:
    """The task is on its way whatever happens here: a failure is logged, and the worker writes the row."""
    try:
        backend.store_queued(str(request.id), request, record)
    except (DatabaseError, TaskIdTooLong):
        logger.exception("Task %s is queued, but not stored as %s", request.id, states.PENDING)
