"""STARTED, merged into the next state of a task that ends soon.

A worker holds a STARTED back for some milliseconds. A task that ends within them is written once, with the time it
started; for one that does not, a thread writes STARTED, on a connection that it only opens then.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from celery.utils.log import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A STARTED that is not written yet."""

    task_id: str
    date_started: datetime
    due: float
    write: Callable[[], None]


@dataclass
class HeldStarts:
    """Those of one process. All are held equally long, so that they fall due in the order in which they came."""

    pid: int = field(default_factory=os.getpid)
    _held: dict[str, Held] = field(default_factory=dict)
    _due: queue.SimpleQueue[Held] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hold(self, task_id: str, date_started: datetime, seconds: float, write: Callable[[], None]) -> None:
        """Call `write` in so many seconds, unless the task is released before."""
        held = Held(task_id=task_id, date_started=date_started, due=time.monotonic() + seconds, write=write)
        self._held[task_id] = held
        self._due.put(held)
        self._start()

    def release(self, task_id: str) -> datetime | None:
        """When the task started, if its STARTED was held here, written since or not: the next state stores it too."""
        held = self._held.pop(task_id, None)
        return held.date_started if held else None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="task results: STARTED", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            held = self._due.get()
            if self._held.get(held.task_id) is not held:
                continue
            time.sleep(max(held.due - time.monotonic(), 0))
            if self._held.get(held.task_id) is held:
                self._write(held)

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
