"""What one operation may take in all: time, and the bytes of its answer.

Whoever runs an operation opens a budget around it; whatever reads, waits or shows a value within it draws on that.
Without one, as on a command line, nothing is limited.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django_celery_results.exceptions import OperationTooSlow, ResponseTooLarge

ANSWER_SECONDS = 5.0
"""Time to read what a mutation changed, even where the mutation took all the time of its operation."""
SHORTEST_WAIT = 0.25
"""Seconds that are always waited for workers: some are quick, even where an operation has waited long for others."""


@dataclass(kw_only=True)
class Budget:
    """The limits of one operation, and what it has used."""

    seconds: float | None = None
    """Of the whole operation."""
    statement_seconds: float | None = None
    """Of each read."""
    response_bytes: int | None = None
    """Of all values that are loaded, and of all that are shown: known from their stored lengths."""
    loaded: int = field(default=0, init=False)
    shown: int = field(default=0, init=False)
    ends_at: float = field(init=False)
    reads_end_at: float = field(init=False)
    waited: float = field(default=0.0, init=False)
    """Seconds that were spent on waiting for workers."""
    was_forbidden: bool = field(default=False, init=False)
    """Whether something was refused for want of a permission that is no error of the answer."""

    def __post_init__(self) -> None:
        self.ends_at = self.reads_end_at = math.inf if self.seconds is None else time.monotonic() + self.seconds


_current: ContextVar[Budget | None] = ContextVar("django_celery_results_budget", default=None)


@contextmanager
def spending(budget: Budget) -> Iterator[None]:
    """Run one operation within this budget."""
    token = _current.set(budget)
    try:
        yield
    finally:
        _current.reset(token)


def statement_seconds() -> float | None:
    """How long each read may take, whatever else the operation does; None: no limit."""
    budget = _current.get()
    return budget.statement_seconds if budget else None


def seconds_left() -> float:
    """Of the operation's time: infinite without a limit, 0 where it is over."""
    budget = _current.get()
    return max(budget.ends_at - time.monotonic(), 0.0) if budget else math.inf


def check_time() -> None:
    """Raise `OperationTooSlow` where the operation's time for reading is over."""
    budget = _current.get()
    if budget and budget.seconds is not None and time.monotonic() >= budget.reads_end_at:
        raise OperationTooSlow(budget.seconds)


def allow_answer() -> None:
    """Leave time to read what a mutation changed: it was carried out, and whoever sent it has to learn that."""
    if budget := _current.get():
        budget.reads_end_at = max(budget.ends_at, time.monotonic() + ANSWER_SECONDS)


def note_forbidden() -> None:
    """An order of this operation was refused for want of a permission."""
    if budget := _current.get():
        budget.was_forbidden = True


@contextmanager
def waiting(seconds: float) -> Iterator[float]:
    """Yield how many of these seconds are left to wait for workers: all waits of an operation share them."""
    budget = _current.get()
    if budget is None:
        yield seconds
        return
    started = time.monotonic()
    try:
        yield max(min(seconds - budget.waited, seconds_left()), min(seconds, SHORTEST_WAIT))
    finally:
        budget.waited += time.monotonic() - started


def size(text: str) -> int:
    """Bytes of the text as UTF-8."""
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def load_bytes(count: int) -> None:
    """Count the bytes of values that are about to be loaded; raise `ResponseTooLarge` where they are too many."""
    if budget := _current.get():
        _check_bytes(budget, budget.loaded + count)
        budget.loaded += count


def show_bytes(count: int) -> None:
    """Count the bytes of a value that goes into the answer; raise `ResponseTooLarge` where it holds too many."""
    if budget := _current.get():
        _check_bytes(budget, budget.shown + count)
        budget.shown += count


@contextmanager
def discounting_failures() -> Iterator[None]:
    """Take back what was counted as shown where this block raises: its caller shows it again in another way."""
    budget = _current.get()
    shown = budget.shown if budget else 0
    try:
        yield
    except Exception:
        if budget:
            budget.shown = shown
        raise


def _check_bytes(budget: Budget, count: int) -> None:
    if budget.response_bytes is not None and count > budget.response_bytes:
        raise ResponseTooLarge(count, budget.response_bytes)
