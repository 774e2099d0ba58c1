"""The numbers of one set of tasks, out of the lines of a grouped statement."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import F, QuerySet

from django_celery_results.models import TaskResult
from django_celery_results.states import TaskState

from . import durations, filters
from .counting import StateCount, counted
from .durations import Part, Percentiles, RuntimeStats
from .session import Session

SAMPLE = 10_000
RUN, WAIT = "_runtime", "_queued"
FIRST, LAST, LATEST, STATES = "_first", "_last", "_latest", "states"
MEASURES = frozenset({STATES, FIRST, LAST, LATEST, RUN, WAIT, "sum", "min", "max"})
"""What can be left out of a statement where nobody asks for it; the last three are of durations."""
DURATIONS = {RUN: filters.ALIASES[filters.RUNTIME], WAIT: F("date_started") - F("date_created")}


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """The numbers of one bucket."""

    lines: Sequence[Mapping[str, Any]]
    """As SQL returned them: one for each state, where states are asked for."""
    sample: Sample
    keys: Sequence[tuple[Any, ...]] = ((),)
    """The lines of the sample that belong to this bucket."""

    @cached_property
    def _statuses(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for line in self.lines:
            counts[line["status"]] += line["_count"]
        return counts

    @property
    def count(self) -> int:
        total: int = sum(line["_count"] for line in self.lines)
        return total

    @property
    def state_counts(self) -> list[StateCount]:
        """The most frequent first."""
        return counted(self._statuses)

    @property
    def success_rate(self) -> float | None:
        """Successes among those that succeeded or failed."""
        won, lost = self._statuses[TaskState.SUCCESS], self._statuses[TaskState.FAILURE]
        return won / (won + lost) if won + lost else None

    @property
    def runtime(self) -> RuntimeStats:
        return self._durations(RUN)

    @property
    def queued(self) -> RuntimeStats:
        return self._durations(WAIT)

    def _durations(self, name: str) -> RuntimeStats:
        parts = (_part(line, name) for line in self.lines)
        return durations.merged(parts, lambda: self.sample.percentiles(name, self.keys))

    @property
    def first_seen_at(self) -> datetime | None:
        return min((line[FIRST] for line in self.lines), default=None)

    @property
    def last_seen_at(self) -> datetime | None:
        return max((line[LAST] for line in self.lines), default=None)

    @property
    def latest_pk(self) -> int | None:
        return max((line[LATEST] for line in self.lines), default=None)


def _part(line: Mapping[str, Any], name: str) -> Part:
    """What the statement left out is not there, and not asked for."""
    rest = {part: line.get(f"{name}_{part}") for part in ("sum", "min", "max")}
    return Part(count=line[f"{name}_count"], **rest)


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """One value, or combination of values, of a breakdown."""

    keys: tuple[Any, ...]
    aggregate: Aggregate
    siblings: list[Bucket] = field(default_factory=list, repr=False, compare=False)
    """All buckets of the breakdown."""

    def latest(self, session: Session) -> TaskResult | None:
        """The row that was inserted last; loaded for all buckets at once."""
        pks = (bucket.aggregate.latest_pk for bucket in self.siblings)
        found: dict[int, TaskResult] = session.together(
            "latest", self.siblings, lambda: session.by_pks([pk for pk in pks if pk is not None])
        )
        return found.get(self.aggregate.latest_pk or 0)


@dataclass(frozen=True, kw_only=True)
class TimeBucket:
    """One span of time."""

    start: datetime
    end: datetime
    aggregate: Aggregate
    groups: Sequence[Bucket] = ()
    """Broken down by a column where that is asked for, the largest first."""


@dataclass(kw_only=True, eq=False)
class Sample:
    """The durations of the newest rows, read once for all buckets: percentiles are computed here, not by SQL."""

    rows: QuerySet[TaskResult]
    names: tuple[str, ...] = ()

    def percentiles(self, name: str, keys: Sequence[tuple[Any, ...]]) -> Percentiles:
        lines = (line for key in keys for line in self._by_keys.get(key, ()))
        values = (line[name] for line in lines if line[name] is not None)
        return durations.of_sample(values, is_whole=len(self._lines) < SAMPLE)

    @cached_property
    def _lines(self) -> list[dict[str, Any]]:
        newest = self.rows.annotate(**DURATIONS).order_by("-date_created", "-pk")
        return list(newest.values(*self.names, *DURATIONS)[:SAMPLE])

    @cached_property
    def _by_keys(self) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
        return grouped(self._lines, self.names)


def grouped(lines: Sequence[dict[str, Any]], names: tuple[str, ...]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """The lines by their values of these columns."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        found[tuple(line[name] for name in names)].append(line)
    return found
