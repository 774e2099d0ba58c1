"""How the runs of registered tasks went lately: one statement for all of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from .aggregates import Aggregate, Sample
from .filters import TaskResultFilter
from .operators import DateTimeFilter
from .session import Session
from .stats import Stats


def of_task(session: Session, name: str, window: timedelta, *, measures: Collection[str] | None = None) -> Aggregate:
    """The numbers of the task's visible rows that were made within the window."""
    recent = TaskResultFilter(date_created=DateTimeFilter(within_last=window))
    found: dict[str, Aggregate] = session.once(
        ("history", window), lambda: Stats(session.viewer, recent, measures=measures).by_name()
    )
    return found.get(name) or Aggregate(lines=(), sample=Sample(rows=session.visible.none()))
