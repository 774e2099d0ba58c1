"""Reading ahead: methods of a group, and `join()`, ask the backend for each member by itself.

A set of results announces its members in order. Whoever asks for one after the other is answered from pages that
double: 1, 2, 4, … members. `ready()` and its like read states only; values are read when somebody looks at them. Who
looks at each value before the next state, as `maybe_throw()` does, gets pages of both.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from celery.states import READY_STATES

from django_celery_results.single_rows import TOLD

PAGE = 2_000
"""Ids of one query."""
STATE = ("task_id", "status", "meta", "content_type", "content_encoding")
"""Columns that tell a task's state and its children."""
_FRESH = 0.1
"""Seconds for which a row that was read ahead is an answer."""


class ReadAhead:
    """Answers one thread's questions from a page of rows where they go along a set."""

    def __init__(self, read: Callable[[list[str], Sequence[str]], dict[str, Any]]) -> None:
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
        """Forget what was read of this task."""
        self._scan.page.pop(str(task_id), None)

    @contextmanager
    def whole_rows(self) -> Iterator[None]:
        """Read values with the states: this thread waits for them."""
        self._scan.wanted = TOLD
        try:
            yield
        finally:
            self._scan.wanted = STATE

    @property
    def reads_whole_rows(self) -> bool:
        """Return whether this thread waits for the values."""
        return self._scan.wanted is TOLD

    def take(self, task_id: str) -> tuple[bool, Any]:
        """Return whether the answer is known, and the row: None where there is none. Each answer is given once."""
        scan = self._scan
        follows = scan.wanted is scan.wanted_before and (task_id in scan.page or task_id == scan.next)
        with_values = follows and scan.is_latest_complete
        lacks_values = with_values and scan.columns is STATE
        if not follows or lacks_values or task_id not in scan.page or time.monotonic() > scan.stale_at:
            scan.begin(size=min(scan.size * 2, PAGE) if follows else 1, with_values=with_values)
            ids = self._announced_from(task_id, scan.size + 1)
            scan.next = ids[scan.size] if len(ids) > scan.size else None
            if not ids or (scan.size == 1 and scan.wanted is TOLD):
                return False, None  # one whole row is read faster by itself
            ids = ids[: scan.size]
            scan.page = dict.fromkeys(ids) | self._read(ids, scan.columns)
            scan.stale_at = time.monotonic() + _FRESH
        return True, scan.page.pop(task_id)

    def state_first(self, known: dict[str, Any], row: Any, decode: Callable[..., Any]) -> StateFirst:
        """Return the meta of a row that was taken, linked to the ready one before it in the same set."""
        scan = self._scan
        meta = StateFirst(known, self._read, decode, scan.note_complete)
        if hasattr(row, "result"):
            meta.row = (row,)
        scan.latest, scan.is_latest_complete = weakref.ref(meta), False
        if meta["status"] in READY_STATES:
            before = scan.latest_ready() if scan.latest_ready else None
            if before is not None and scan.size > 1:
                before.following = meta
            scan.latest_ready = scan.latest
        return meta

    def _announced_from(self, task_id: str, number: int) -> list[str]:
        """This id and those announced after it, in the latest set that holds it; none where it was not announced."""
        expected = list(self._expected.values())
        expected.reverse()
        if task_id not in expected:
            return []
        end = expected.index(task_id) + 1
        return expected[max(end - number, 0) : end][::-1]


class _Scan(threading.local):
    """Where a thread is on its way along a set."""

    def __init__(self) -> None:
        self.wanted: Sequence[str] = STATE
        self.latest: weakref.ref[StateFirst] | None = None
        self.latest_ready: weakref.ref[StateFirst] | None = None
        self.is_latest_complete = False
        """Whether somebody looked at the value of the latest meta."""
        self.stale_at = 0.0
        self.begin(size=1, with_values=False)

    def begin(self, size: int, *, with_values: bool) -> None:
        """Go on with a page of this size."""
        self.page: dict[str, Any] = {}
        self.next: str | None = None
        self.size, self.wanted_before = size, self.wanted
        self.columns = TOLD if with_values else self.wanted

    def note_complete(self, meta: StateFirst) -> None:
        """Note that somebody looks at the value of a meta."""
        if self.latest is not None and self.latest() is meta:
            self.is_latest_complete = True


class StateFirst(dict[str, Any]):
    """Celery's meta of a task whose state and children are known. All else is read when somebody looks at it.

    The rows of metas that follow are read along, twice as many each time. A task that was deleted or run again
    meanwhile is told as it is by then.
    """

    __slots__ = ("__weakref__", "_decode", "_is_whole", "_note_complete", "_read", "_size", "following", "row")

    def __init__(
        self,
        known: dict[str, Any],
        read: Callable[..., dict[str, Any]],
        decode: Callable[..., Any],
        note_complete: Callable[[StateFirst], None],
    ) -> None:
        super().__init__(known)
        self._read, self._decode, self._note_complete = read, decode, note_complete
        self._is_whole, self._size = False, 1
        self.row: tuple[Any] | None = None
        """The whole row, once it is read; it is None where there is none any more."""
        self.following: StateFirst | None = None

    def __missing__(self, key: str) -> Any:
        if self._is_whole:
            raise KeyError(key)
        self.complete()
        return self[key]

    def __bool__(self) -> bool:
        return True

    def __reduce__(self) -> Any:
        return dict, (dict(self),)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or the default, as dictionaries do."""
        try:
            return self[key]
        except KeyError:
            return default

    def complete(self) -> None:
        """Read what is missing."""
        if self._is_whole:
            return
        self._note_complete(self)
        task_id, children = self["task_id"], self["children"]  # Celery has made results of them
        if self.row is None:
            self._read_rows()
        (row,) = self.row or (None,)
        self.update(self._decode(row, task_id), children=children)
        self._is_whole, self.row = True, None

    def _read_rows(self) -> None:
        page: list[StateFirst] = []
        following: StateFirst | None = self
        while following is not None and len(page) < self._size:
            page.append(following)
            following.following, following = None, following.following
        if following is not None:
            following._size = min(self._size * 2, PAGE)
        rows = self._read([meta["task_id"] for meta in page])
        for meta in page:
            meta.row = (rows.get(meta["task_id"]),)


def _completing(name: str) -> Callable[..., Any]:
    def method(self: StateFirst, *args: Any) -> Any:
        self.complete()
        return getattr(dict, name)(self, *args)

    return method


for _name in (
    "__contains__", "__eq__", "__iter__", "__len__", "__ne__", "__or__", "__ror__", "__repr__", "copy",
    "items", "keys", "pop", "popitem", "setdefault", "values",
):  # fmt: skip
    setattr(StateFirst, _name, _completing(_name))
