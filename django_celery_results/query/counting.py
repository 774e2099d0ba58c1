"""How many tasks are in which state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django_celery_results.states import TaskState, state_of


@dataclass(frozen=True, kw_only=True)
class StateCount:
    """How many tasks are in one state."""

    status: str
    count: int

    @property
    def state(self) -> TaskState:
        return state_of(self.status)


def counted(statuses: Iterable[str] | Counter[str]) -> list[StateCount]:
    """The most frequent state first; equally frequent ones by name, in whatever order a database counts them."""
    ordered = sorted(Counter(statuses).items(), key=lambda item: (-item[1], item[0]))
    return [StateCount(status=status, count=count) for status, count in ordered]
