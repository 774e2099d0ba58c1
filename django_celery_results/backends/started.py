"""STARTED, merged into the next state of a task that ends soon.

A worker holds a STARTED back for some milliseconds. A task that ends within them is written once, with the time it
started; for one that does not, a thread writes STARTED, on a connection that it only opens then.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from celery.utils.log import get_logger

logger = get_logger(__name__)
_TICK, _PARKED_AFTER = 0.02, 1.0
"""Seconds between two looks of the thread while tasks come, and after which it waits for the next one to wake it."""


@dataclass(kw_only=True)
class Held:
    """A STARTED that is not written yet."""

    task_id: str
    date_started: datetime
    due: float
    write: Callable[[], None]
    is_due: bool = False
    """Whether it is written, or just being written."""


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

    def hold(self, task_id: str, date_started: datetime, seconds: float, write: Callable[[], None]) -> None:
        """Call `write` in so many seconds, unless the task is released before."""
        held = Held(task_id=task_id, date_started=date_started, due=time.monotonic() + seconds, write=write)
        self._held[task_id] = held
        self._due.append(held)
        if self._is_parked:
            self._unpark.set()
        self._start()

    def release(self, task_id: str) -> Held | None:
        """The task's STARTED, if it was held here, written since or not: the next state stores its time too."""
        return self._held.pop(task_id, None)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="task results: STARTED", daemon=True)
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
            held.is_due = True
            self._write(held)

    def _park(self) -> None:
        self._unpark.clear()
        self._is_parked = True
        if not self._due:  # looked at after the sign is up, so that one of both sides sees the other
            self._unpark.wait()
        self._is_parked = False

    def _write(self, held: Held) -> None:
        """A final state that was written meanwhile stands: the guard refuses this one."""
        try:
            held.write()
        except Exception:
            logger.exception("STARTED of task %s is not stored", held.task_id)
        if self._held.get(held.task_id) is held:
            self.release(held.task_id)


_process = HeldStarts()


def held_starts() -> HeldStarts:
    """This process's: a forked child has neither its parent's thread nor its parent's tasks."""
    global _process
    if _process.pid != os.getpid():
        _process = HeldStarts()
    return _process
