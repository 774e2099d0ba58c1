"""What a worker's main process stores: it waits for the database for a second at most.

The main process stores what no pool process can: revoked and expired tasks, and the failure of a task whose process is
gone. A store that waits there stops the whole worker: nothing is received, acknowledged or answered meanwhile, and an
error that leaves the store ends Celery's consumer. Threads therefore do it, for as long as a pool process would try.
With a database backend that is not one of Django's own, the main process tries it itself, for a second.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from celery import current_task
from celery.utils.log import get_logger
from django.db import connections, router

from django_celery_results import outages
from django_celery_results.connections import (
    THREADS,
    close_connections_of_thread,
    is_main_process_of_worker,
    uses_django_backend,
)

logger = get_logger(__name__)

PATIENCE = 1.0
"""Seconds that the main process waits for a store, which then goes on without it."""
DRAIN_SECONDS = 5.0
"""How long a worker that stops waits for what is still to be stored."""
MAX_WAITING = 1_000
"""Stores that may wait. More are dropped, each with a line in the log."""
MAX_THREADS = 4
"""A thread waits for the lock of a row, however long another transaction holds it; so many may do that at a time."""


_is_storing: ContextVar[bool] = ContextVar("django_celery_results.is_storing", default=False)
"""Whether this thread runs a store for the main process: what that stores in turn is part of it."""


@dataclass(kw_only=True)
class Store:
    """A store of the main process."""

    task_id: str
    run: Callable[[], Any]
    deadline: float = field(default_factory=lambda: time.monotonic() + outages.STORE_SECONDS)
    is_done: threading.Event = field(default_factory=threading.Event)


@dataclass
class BackgroundStores:
    """The stores of one process, done by daemon threads in the order in which they came."""

    pid: int = field(default_factory=os.getpid)
    _waiting: deque[Store] = field(default_factory=deque)
    _busy: int = 0
    _threads: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, task_id: str, run: Callable[[], Any]) -> None:
        """Store in a thread, and wait for that for a second, unless others wait already."""
        store = Store(task_id=task_id, run=run)
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                logger.error(
                    "The state of task %s is not stored: %d others wait for the database", task_id, MAX_WAITING
                )
                return
            is_alone = not self._waiting and not self._busy
            self._waiting.append(store)
            if self._threads < MAX_THREADS and len(self._waiting) > self._threads - self._busy:
                self._threads += 1
                threading.Thread(target=self._work, name=f"{THREADS}: main process", daemon=True).start()
            self._changed.notify_all()
        if is_alone:
            store.is_done.wait(PATIENCE)

    def drain(self, seconds: float) -> None:
        """Wait until everything is stored, for at most so long; name what is not."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)
            for store in self._waiting:
                logger.error("The state of task %s is not stored: the worker stops", store.task_id)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                store = self._waiting.popleft()
                self._busy += 1
            try:
                self.do(store)
            finally:
                store.is_done.set()
                with self._changed:
                    self._busy -= 1
                    is_idle = not self._waiting
                    self._changed.notify_all()
                if is_idle:
                    close_connections_of_thread()

    def do(self, store: Store) -> None:
        """Store in this thread, until the deadline; log an error."""
        left = store.deadline - time.monotonic()
        token = _is_storing.set(True)
        try:
            if left < 0:
                raise TimeoutError(f"the database did not answer within {outages.STORE_SECONDS:.0f} s")
            with outages.trying_for(left):
                store.run()
        except Exception:
            logger.exception("The state of task %s is not stored", store.task_id)
        finally:
            _is_storing.reset(token)


_process = BackgroundStores()


def background_stores() -> BackgroundStores:
    """Return those of this process: a forked child has neither its parent's threads nor its stores."""
    global _process
    if _process.pid != os.getpid():
        _process = BackgroundStores()
    return _process


def drain(**_: Any) -> None:
    """Wait for pending stores when a worker stops: a receiver of `worker_shutdown`."""
    background_stores().drain(DRAIN_SECONDS)


class BackgroundMixin:
    """The outermost part of the backend: what is stored outside of tasks goes to threads."""

    def mark_as_failure(self, task_id: str, *args: Any, **kwargs: Any) -> Any:
        return _store(self, task_id, lambda: super(BackgroundMixin, self).mark_as_failure(task_id, *args, **kwargs))  # type: ignore[misc]

    def mark_as_revoked(self, task_id: str, *args: Any, **kwargs: Any) -> Any:
        return _store(self, task_id, lambda: super(BackgroundMixin, self).mark_as_revoked(task_id, *args, **kwargs))  # type: ignore[misc]

    def mark_as_retry(self, task_id: str, *args: Any, **kwargs: Any) -> Any:
        return _store(self, task_id, lambda: super(BackgroundMixin, self).mark_as_retry(task_id, *args, **kwargs))  # type: ignore[misc]

    def store_result(self, task_id: str, *args: Any, **kwargs: Any) -> Any:
        return _store(self, task_id, lambda: super(BackgroundMixin, self).store_result(task_id, *args, **kwargs))  # type: ignore[misc]


def _store(backend: Any, task_id: str, run: Callable[[], Any]) -> Any:
    """Run a store; in the main process of a worker, and not within a task as in pools of threads, by a thread."""
    if not is_main_process_of_worker() or current_task or _is_storing.get():
        return run()
    if uses_django_backend(connections[router.db_for_write(backend.TaskModel)]):
        return background_stores().add(task_id, run)
    # A thread's connection would not know what a backend of others tells this one, such as the tenant.
    return background_stores().do(Store(task_id=task_id, run=run, deadline=time.monotonic() + PATIENCE))
