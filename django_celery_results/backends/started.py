"""STARTED, merged into the next state of a task that ends soon.

A worker holds a STARTED back for some milliseconds. A task that ends within them is written once, with the time it
started. STARTED is written before that by the task's first statement that names the table of results, or a table that
refers to it, by the first transaction that it opens and by the first message that it publishes, so that neither the
task nor its children miss the row. For a task that does none of these, a thread writes STARTED, on a connection that it
only opens then.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from celery import signals
from celery.utils.log import get_logger
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError, connections, models
from django.db.backends.signals import connection_created

from django_celery_results.connections import THREADS, close_connections_of_thread, in_transaction, is_worker

logger = get_logger(__name__)
_TICK, _PARKED_AFTER = 0.02, 1.0
"""Seconds between two looks of the thread while tasks come, and after which it waits for the next one to wake it."""


@dataclass(kw_only=True, eq=False)
class Held:
    """A STARTED that is not written yet."""

    task_id: str
    date_started: datetime
    due: float
    write: Callable[[], None]
    tables: tuple[str, ...]
    """The table of the row and those that refer to it, in lower case."""
    is_due: bool = False
    """Whether it is written, or just being written."""
    is_writing: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held by the thread that writes it: the task's own thread then waits until the row is there."""

    def matters_to(self, sql: Any) -> bool:
        """Return whether a statement could miss the row; what is no text, such as `psycopg.sql`, is not looked into."""
        return not isinstance(sql, str) or any(map(sql.lower().__contains__, self.tables))


_held_here: ContextVar[Held | None] = ContextVar("django_celery_results.held_here", default=None)
"""The STARTED of the task that runs in this thread, greenlet or coroutine; None in a thread that a task has started."""


@dataclass
class HeldStarts:
    """Those of one process. All are held equally long, so that they fall due in the order in which they came."""

    pid: int = field(default_factory=os.getpid)
    _held: dict[str, Held] = field(default_factory=dict)
    _due: deque[Held] = field(default_factory=deque)
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_parked: bool = False
    _unpark: threading.Event = field(default_factory=threading.Event)

    def hold(
        self,
        task_id: str,
        date_started: datetime,
        seconds: float,
        write: Callable[[], None],
        tables: tuple[str, ...],
    ) -> bool:
        """Call `write` in so many seconds, or when the task could miss its row, unless it is released before.

        Return False within a transaction: it could not be written outside of that any more.
        """
        for connection in connections.all(initialized_only=True):
            if in_transaction(connection):
                return False
            _watch(connection)
        held = Held(
            task_id=task_id,
            date_started=date_started,
            due=time.monotonic() + seconds,
            write=write,
            tables=tables,
        )
        self._held[task_id] = held
        self._due.append(held)
        _held_here.set(held)
        if self._is_parked:
            self._unpark.set()
        self._start()
        return True

    def release(self, task_id: str) -> Held | None:
        """The task's STARTED, if it was held here and is not written: the next state stores its time too."""
        here = _held_here.get()
        if here is not None and here.task_id == task_id:
            _held_here.set(None)
        return self._held.pop(task_id, None)

    def write(self, held: Held, logged: type[Exception] = DatabaseError) -> None:
        """Write it, unless it was released meanwhile. A final state that was written stands: the guard refuses this.

        Args:
            held: What to write.
            logged: The errors that are logged. Others are raised, such as a time limit, which may come at any moment.
        """
        with held.lock:
            if held.is_writing or self._held.get(held.task_id) is not held:
                return  # `is_writing`: the statement that comes by here is that of the write itself
            held.is_due = held.is_writing = True
            try:
                held.write()
            except logged:
                logger.exception("STARTED of task %s is not stored", held.task_id)
            finally:
                held.is_writing = False
            self._held.pop(held.task_id, None)

    def held_of_caller(self) -> Held | None:
        """The STARTED that is held of the task that runs here.

        A thread that a task has started is nobody's: where one task runs at a time, it is that task's.
        """
        here, all_held = _held_here.get(), list(self._held.values())
        if here is None and len(all_held) == 1:
            return all_held[0]
        return here if here in all_held else None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=f"{THREADS}: STARTED", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        """Never woken while tasks come and go: that would cost each of them a switch of threads."""
        idle = 0.0
        while True:
            while self._due and self._held.get(self._due[0].task_id) is not self._due[0]:
                self._due.popleft()
            if self._due:
                idle = 0.0
                self._await(self._due[0])
            elif idle < _PARKED_AFTER:
                time.sleep(_TICK)
                idle += _TICK
            else:
                self._park()
                idle = 0.0

    def _await(self, held: Held) -> None:
        pause = held.due - time.monotonic()
        if pause > 0:
            time.sleep(min(pause, _TICK))
        else:
            self._due.popleft()
            self.write_in_thread(held)

    def write_in_thread(self, held: Held) -> None:
        """Write it by a thread that runs no task."""
        try:
            self.write(held, Exception)
        finally:
            close_connections_of_thread()  # Celery's fixup closes those of the threads that run tasks only

    def _park(self) -> None:
        self._unpark.clear()
        self._is_parked = True
        if not self._due:  # looked at after the sign is up, so that one of both sides sees the other
            self._unpark.wait()
        self._is_parked = False


@lru_cache(maxsize=16)
def tables_of(model: type[models.Model]) -> tuple[str, ...]:
    """Return the names of the model's table and of those that refer to it, in lower case."""
    referring = [each.related_model for each in model._meta.get_fields(include_hidden=True) if each.auto_created]
    related = [each for each in referring if isinstance(each, type) and issubclass(each, models.Model)]
    return tuple({each._meta.db_table.lower() for each in (model, *model._meta.get_parent_list(), *related)})


_process = HeldStarts()


def held_starts() -> HeldStarts:
    """This process's: a forked child has neither its parent's thread nor its parent's tasks."""
    global _process
    if _process.pid != os.getpid():
        _process = HeldStarts()
    return _process


def connect() -> None:
    """Watch what could miss a row whose STARTED is held: statements, transactions and messages of tasks."""
    connection_created.connect(_watch, dispatch_uid="django_celery_results.watch")
    signals.before_task_publish.connect(_before_publish, dispatch_uid="django_celery_results.start_first")


def _watch(connection: Any, **_: Any) -> None:
    """Have the held STARTED written before a statement or a transaction on this connection, which is ready for both.

    A connection stays watched: another thread of the task, whose connections cannot be listed, may be the one that
    looks for the row. What that costs a statement while nothing is held cannot be measured.
    """
    if is_worker() and _before_statement not in connection.execute_wrappers:
        # At the bottom of the stack: a project that leaves a wrapper of its own pops the top.
        connection.execute_wrappers.insert(0, _before_statement)
        connection.set_autocommit = partial(_before_transaction, connection, connection.set_autocommit)


def _before_statement(execute: Any, sql: Any, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    if _process._held and (held := held_starts().held_of_caller()) and held.matters_to(sql):
        connection = context["connection"]
        opened = connection.connection
        _write(held)
        if connection.connection is not opened:  # the write failed at first, and was tried again on a fresh connection
            context["cursor"].cursor = connection.cursor().cursor
    return execute(sql, params, many, context)


def _before_transaction(connection: Any, set_autocommit: Any, autocommit: bool, *args: Any, **kwargs: Any) -> None:
    """A transaction begins where autocommit ends: written now, STARTED is no part of it and visible to everybody."""
    is_begin = not autocommit and connection.settings_dict["AUTOCOMMIT"]  # else this is how a connection is opened
    if is_begin and _process._held and (held := held_starts().held_of_caller()):
        _write(held)
    set_autocommit(autocommit, *args, **kwargs)


def _before_publish(headers: Mapping[str, Any] | None = None, **_: Any) -> None:
    if _process._held and (held := held_starts().held_of_caller()):
        is_retry = (headers or {}).get("id") == held.task_id  # it needs no row of this run
        if not is_retry:
            _write(held)


def _write(held: Held) -> None:
    process = held_starts()
    try:
        process.write(held)
    except SynchronousOnlyOperation:  # a coroutine publishes
        thread = threading.Thread(target=process.write_in_thread, args=(held,), name=f"{THREADS}: coroutine")
        thread.start()
        thread.join()
