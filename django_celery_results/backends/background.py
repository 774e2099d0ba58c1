"""What a worker's main process stores: it waits for the database for a second at most.

The main process stores what no pool process can: revoked and expired tasks, and the failure of a task whose process is
gone. A store that waits there stops the whole worker: nothing is received, acknowledged or answered meanwhile, and an
error that leaves the store ends Celery's consumer. Threads therefore do it, for as long as a pool process would try.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from celery import current_task
from celery.utils.log import get_logger

from django_celery_results import outages
from django_celery_results.connections import close_connections_of_thread, is_main_process_of_worker

logger = get_logger(__name__)

THREADS = "task results"
"""How the names of this package's own threads begin."""
PATIENCE = 1.0
"""Seconds that the main process waits for a store, which then goes on without it."""
DRAIN_SECONDS = 5.0
"""How long a worker that stops waits for what is still to be stored."""
MAX_WAITING = 1_000
"""Stores that may wait. More are dropped, each with a line in the log."""
MAX_THREADS = 4
"""A thread waits for the lock of a row, however long another transaction holds it; so many may do that at a time."""


@dataclass(kw_only=True)
class Store:
    """A store that somebody does later."""

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
                self._do(store)
            finally:
                store.is_done.set()
                with self._changed:
                    self._busy -= 1
                    is_idle = not self._waiting
                    self._changed.notify_all()
                if is_idle:
                    close_connections_of_thread()

    def _do(self, store: Store) -> None:
        left = store.deadline - time.monotonic()
        try:
            if left < 0:
                raise TimeoutError(f"the database did not answer within {outages.STORE_SECONDS:.0f} s")
            with outages.trying_for(left):
                store.run()
        except Exception:
            logger.exception("The state of task %s is not stored", store.task_id)


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


def _must_not_wait() -> bool:
    """Return whether this is the main process of a worker, and not within a task, as in pools of threads."""
    is_own_thread = threading.current_thread().name.startswith(THREADS)
    return is_main_process_of_worker() and not current_task and not is_own_thread


class BackgroundMixin:
    """The outermost part of the backend: what is stored outside of tasks goes to threads."""

    def mark_as_failure(self, task_id: str, *args: Any, **kwargs: Any) -> Any:
        return _store(task_id, lambda: super(BackgroundMixin, self).mark_as_failure(task_id, *args, **kwargs))  # type: ignore[misc]

    def mark_as_revoked(self, task_id: str, *args: Any, **kwargs: Any) -> Any:
        return _store(task_id, lambda: super(BackgroundMixin, self).mark_as_revoked(task_id, *args, **kwargs))  # type: ignore[misc]

    def mark_as_retry(self, task_id: str, *args: Any, **kwargs: Any) -> Any:
        return _store(task_id, lambda: super(BackgroundMixin, self).mark_as_retry(task_id, *args, **kwargs))  # type: ignore[misc]

    def store_result(self, task_id: str, *args: Any, **kwargs: Any) -> Any:
        return _store(task_id, lambda: super(BackgroundMixin, self).store_result(task_id, *args, **kwargs))  # type: ignore[misc]


def _store(task_id: str, run: Callable[[], Any]) -> Any:
    return background_stores().add(task_id, run) if _must_not_wait() else run()
