"""When a waiter looks: often at first, then less often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

FIRST_PAUSE, SHORT_PAUSE, LONGEST_PAUSE = 0.004, 0.01, 0.4
COSTLY, LONGEST_REST = 30, 2.0
"""An `on_interval` rests so many times as long as it took, but no more than so many seconds."""
SHORT_WAIT = 0.06
"""Seconds for which nobody waits longer than the short pause: most tasks are over by then."""


def pauses(interval: float) -> Iterator[float]:
    """Seconds between polls: short ones at first, then doubled, and in long waits a tenth of the time that passed."""
    passed, pause = 0.0, FIRST_PAUSE
    while True:
        yield min(pause, interval)
        passed += min(pause, interval)
        pause = min(pause * 2, SHORT_PAUSE if passed < SHORT_WAIT else max(LONGEST_PAUSE, passed / 10))


class Throttled:
    """Calls a waiter's `on_interval`, which may ask the database about every parent, not at every early poll."""

    def __init__(self, on_interval: Callable[[], Any] | None) -> None:
        self.now = on_interval or (lambda: None)
        self._next = 0.0

    def __call__(self) -> None:
        began = time.monotonic()
        if began >= self._next:
            self.now()
            ended = time.monotonic()
            self._next = ended + max(LONGEST_PAUSE, min((ended - began) * COSTLY, LONGEST_REST))
