"""PostgreSQL's LISTEN and NOTIFY: one listening connection a process, whatever its number of threads and waiters.

A waiter who cannot be woken polls: while there is no connection, behind a pooler that swallows notifications, on other
databases.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

from celery.utils.log import get_logger
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

logger = get_logger(__name__)
Wake = Callable[[], Any]

CHANNEL = "django_celery_results"
_IDLE = 60.0
"""Seconds without a waiter after which the connection is closed."""
_RETRY_AFTER = 10.0
"""Seconds before a lost or useless connection is tried again."""
_PROBE = 1.0


def notify(connection: BaseDatabaseWrapper, task_id: str) -> None:
    """Wake whoever waits for this task, when the open transaction commits or else at once."""
    if connection.vendor != "postgresql":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", (CHANNEL, task_id))
    except DatabaseError:  # the result is stored: waiters look by themselves after a while
        logger.warning("Those who wait for task %s could not be woken", task_id, exc_info=True)


def listening(alias: str | None, task_ids: Iterable[str], wake: Wake) -> AbstractContextManager[Callable[[], bool]]:
    """Have `wake` called when one of these tasks is ready. Gives a function: connect where need be, will it be called?

    To enter and to leave asks no database, so that a coroutine may, and is never cancelled half-way.
    """
    if alias is None or connections[alias].vendor != "postgresql":
        return nullcontext(lambda: False)
    return _listener(alias).subscribed(list(task_ids), wake)


class Listener:
    """The listening connection of this process to one database, read by a thread of its own."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._lock = threading.Lock()
        self._wakes: dict[str, list[Wake]] = {}
        self._connecting = threading.Lock()  # another one: who comes or goes must not wait for a connection
        self._is_alive = False
        self._not_before = 0.0

    @contextmanager
    def subscribed(self, task_ids: Sequence[str], wake: Wake) -> Iterator[Callable[[], bool]]:
        with self._lock:
            for task_id in task_ids:
                self._wakes.setdefault(task_id, []).append(wake)
        try:
            yield self.ensure
        finally:
            self._unsubscribe(task_ids, wake)

    def _unsubscribe(self, task_ids: Sequence[str], wake: Wake) -> None:
        with self._lock:
            for task_id in task_ids:
                self._wakes[task_id].remove(wake)
                if not self._wakes[task_id]:
                    del self._wakes[task_id]

    def ensure(self) -> bool:
        """Whether notifications arrive; a lost connection is made again, but not at every call."""
        with self._connecting:
            if not self._is_alive and time.monotonic() >= self._not_before:
                self._not_before = time.monotonic() + _RETRY_AFTER
                self._is_alive = self._start()
            return self._is_alive

    def _start(self) -> bool:
        try:
            connection = _connect(self._alias)
        except Exception as error:  # noqa: BLE001 - whatever the reason, waiters poll
            logger.warning("No notifications from PostgreSQL, results are polled: %s", error)
            return False
        threading.Thread(
            target=self._listen, args=(connection,), name="django_celery_results.listener", daemon=True
        ).start()
        return True

    def _listen(self, connection: Any) -> None:
        try:
            while True:
                for notification in connection.notifies(timeout=_IDLE):
                    self._wake(notification.payload)
                if not self._wakes:
                    break
        except Exception as error:  # noqa: BLE001 - psycopg's errors, without importing it here
            logger.warning("Notifications from PostgreSQL were lost, results are polled: %s", error)
        finally:
            with self._connecting:
                self._is_alive, self._not_before = False, 0.0
            with suppress(Exception):
                connection.close()
            with self._lock:
                everyone = [wake for wakes in self._wakes.values() for wake in wakes]
            for wake in everyone:
                wake()

    def _wake(self, task_id: str) -> None:
        with self._lock:
            wakes = list(self._wakes.get(task_id, ()))
        for wake in wakes:
            wake()


def _connect(alias: str) -> Any:
    """A connection that listens, and has proved it: a pooler in transaction mode accepts LISTEN and forgets it."""
    wrapper: Any = connections[alias]
    connection = wrapper.Database.connect(**wrapper.get_connection_params(), autocommit=True)
    probe = uuid.uuid4().hex
    connection.execute(f"LISTEN {CHANNEL}")
    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, probe))
    for notification in connection.notifies(timeout=_PROBE):
        if notification.payload == probe:
            return connection
    connection.close()
    raise ConnectionError("a notification sent to itself did not arrive; is there a pooler in transaction mode?")


_listeners: dict[str, Listener] = {}


def _listener(alias: str) -> Listener:
    return _listeners.setdefault(alias, Listener(alias))


# The socket belongs to the parent: a child forgets it without closing it.
os.register_at_fork(after_in_child=_listeners.clear)
