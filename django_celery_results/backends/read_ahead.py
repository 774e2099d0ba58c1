"""Reading ahead: `ready()` and `completed_count()` of a group ask the backend for each member by itself.

A set of results announces its members in order. When two neighbours are asked for in a row, the ones that follow are
read in one query, and each answer is given once and soon, so that nobody is told of a state that is long past.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

PAGE = 2_000
"""Ids of one query."""
_FRESH, _PACE = 0.25, 0.02
"""Seconds for which a row that was read ahead is an answer, and between two questions of one who goes along a set."""


class ReadAhead:
    """Answers one thread's questions from a page of rows where they go along a set."""

    def __init__(self, read: Callable[[Iterable[str]], dict[str, Any]]) -> None:
        self._read = read
        self._expected: dict[int, str] = {}
        """By object: one result may be restored many times, and the old objects die at any time."""
        self._scan = _Scan()

    def expect(self, result: Any) -> None:
        """This result belongs to a set, or somebody waits for it."""
        self._expected[id(result)] = str(result.id)

    def forget(self, result: Any) -> None:
        """It is ready, or nobody looks at it any more."""
        self._expected.pop(id(result), None)
        with suppress(RuntimeError):  # a result may die with its greenlet, which has no locals of its own by then
            self.drop(result.id)

    def drop(self, task_id: str) -> None:
        """What was read of this task is of the past."""
        self._scan.page.pop(str(task_id), None)

    def take(self, task_id: str) -> tuple[bool, Any]:
        """Whether the answer is known, and the row, which is None where there is none."""
        scan = self._scan
        if not scan.goes_on() or (task_id not in scan.page and task_id != scan.next):
            scan.begin(self._followers(task_id))
            return False, None
        if task_id not in scan.page:
            ids = [task_id, *self._followers(task_id)]
            scan.turn(dict.fromkeys(ids) | self._read(ids))
        return True, scan.page.pop(task_id)

    def answered(self) -> None:
        """A question was answered by a query of its own: the pace is that of the asker, not of the database."""
        self._scan.asked_at = time.monotonic()

    def _followers(self, task_id: str) -> list[str]:
        """The ids announced after this one, in the latest set that holds it."""
        expected = list(self._expected.values())
        expected.reverse()
        place = expected.index(task_id) if task_id in expected else 0
        return expected[max(place - PAGE + 1, 0) : place][::-1]


class _Scan(threading.local):
    """Where a thread is on its way along a set."""

    def __init__(self) -> None:
        self.page: dict[str, Any] = {}
        self.next: str | None = None
        self.asked_at = self._read_at = 0.0

    def goes_on(self) -> bool:
        """Whether this question follows the one before at the pace of a loop, and what was read is fresh."""
        now = time.monotonic()
        quick = now - self.asked_at <= _PACE
        self.asked_at = now
        return quick and now - self._read_at <= _FRESH

    def begin(self, followers: list[str]) -> None:
        self.page, self.next = {}, followers[0] if followers else None
        self._read_at = time.monotonic()

    def turn(self, page: dict[str, Any]) -> None:
        self.page, self.next = page, None
        self.asked_at = self._read_at = time.monotonic()
