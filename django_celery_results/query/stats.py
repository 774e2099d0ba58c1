"""Statistics over the tasks that a filter selects: one statement for each breakdown, however many buckets it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import Trunc
from django.utils.timezone import get_default_timezone

from django_celery_results.exceptions import InvalidInput
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import Viewer

from . import filters, lookups, tasks
from .aggregates import DURATIONS, FIRST, LAST, LATEST, MEASURES, STATES, Aggregate, Bucket, Sample, TimeBucket, grouped
from .filters import TaskResultFilter
from .operators import StringFilter

MAX_LINES = 10_000
_START = "_start"
MAX_TOP = 100


class GroupBy(StrEnum):
    """What statistics can be broken down by; the value is the column."""

    STATUS = "status"
    TASK_NAME = "task_name"
    WORKER = "worker"
    QUEUE = "queue"
    PERIODIC_TASK = "periodic_task_name"
    ERROR_TYPE = "error_type"
    ERROR_FINGERPRINT = "error_fingerprint"


class TimeUnit(StrEnum):
    """Lengths of time buckets; the value is how databases truncate to it."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


class TimeField(StrEnum):
    """The moments a task can be counted at; the value is the column."""

    DATE_CREATED = "date_created"
    DATE_STARTED = "date_started"
    DATE_DONE = "date_done"


class Stats:
    """Statistics over what a viewer may see of a filter's rows."""

    def __init__(
        self, viewer: Viewer, where: TaskResultFilter | None = None, *, measures: Collection[str] | None = None
    ) -> None:
        """`measures` are those of `MEASURES` that will be read; None: any."""
        self._rows = tasks.selected(viewer, where).order_by()
        self._measured = MEASURES if measures is None else measures
        self.is_truncated = False

    @cached_property
    def total(self) -> Aggregate:
        return Aggregate(lines=self._lines(self._rows, ()), sample=Sample(rows=self._rows))

    def groups(self, by: Sequence[GroupBy], top: int = 20) -> list[Bucket]:
        """The largest buckets first."""
        if not 0 < len(by) <= 3 or len(set(by)) < len(by):
            raise InvalidInput("`by` takes one to three different columns.")
        if not 0 < top <= MAX_TOP:
            raise InvalidInput(f"`top` lies between 1 and {MAX_TOP}.")
        names = tuple(column.value for column in by)
        found = self._aggregates(self._rows, names)
        largest = sorted(found.items(), key=lambda item: -item[1].count)[:top]
        buckets: list[Bucket] = []
        buckets += (Bucket(keys=keys, aggregate=aggregate, siblings=buckets) for keys, aggregate in largest)
        return buckets

    def by_name(self) -> dict[Any, Aggregate]:
        """Of each task that has rows, by its name."""
        return {keys[0]: found for keys, found in self._aggregates(self._rows, (GroupBy.TASK_NAME.value,)).items()}

    def time_series(
        self,
        unit: TimeUnit,
        *,
        step: int = 1,
        field: TimeField = TimeField.DATE_DONE,
        by: GroupBy | None = None,
        zone: str = "UTC",
    ) -> list[TimeBucket]:
        """Buckets with rows in them, the oldest first. Spans of several units are counted from a Monday."""
        if not 0 < step <= 1000:
            raise InvalidInput("`step` lies between 1 and 1000.")
        clock = _zone(zone)
        rows = self._at(field).annotate(_start=Trunc(field.value, unit.value, tzinfo=clock))
        names = (_START, by.value) if by else (_START,)
        sample = Sample(rows=rows, names=names)
        spans: dict[datetime, list[dict[str, Any]]] = defaultdict(list)
        for line in _in_zone(self._lines, rows, names):
            spans[_span(line[_START], unit, step, clock)].append(line)
        buckets: list[Bucket] = []
        return [
            TimeBucket(
                start=start,
                end=_wall(start, step * _UNITS[unit], clock),
                aggregate=_of_lines(lines, sample),
                groups=_broken_down(lines, by, sample, buckets) if by else (),
            )
            for start, lines in sorted(spans.items())
        ]

    def _at(self, field: TimeField) -> QuerySet[TaskResult]:
        if field is TimeField.DATE_DONE:
            return self._rows.filter(filters.condition(TaskResultFilter(is_ready=True)))
        return self._rows.filter(lookups.present(field.value))

    def _aggregates(self, rows: QuerySet[TaskResult], names: tuple[str, ...]) -> dict[tuple[Any, ...], Aggregate]:
        sample = Sample(rows=rows, names=names)
        by_keys = grouped(self._lines(rows, names), names)
        return {keys: Aggregate(lines=lines, sample=sample, keys=(keys,)) for keys, lines in by_keys.items()}

    def _lines(self, rows: QuerySet[TaskResult], names: tuple[str, ...]) -> list[dict[str, Any]]:
        columns = dict.fromkeys((*names, "status") if STATES in self._measured else names)
        measures = _measures(self._measured)
        lines_of = rows.alias(**DURATIONS).values(*columns).annotate(**measures).order_by("-_count", *columns)
        lines = list(lines_of[: MAX_LINES + 1])
        self.is_truncated = self.is_truncated or len(lines) > MAX_LINES
        return lines[:MAX_LINES]


def suggest(viewer: Viewer, column: GroupBy, prefix: str = "", count: int = 20) -> list[str]:
    """Values that a column has, in order, for pickers of filters."""
    if not 0 < count <= MAX_TOP:
        raise InvalidInput(f"`first` lies between 1 and {MAX_TOP}.")
    wanted = StringFilter(starts_with=prefix).condition(column.value)
    rows = tasks.visible(viewer).filter(wanted).order_by(column.value)
    return list(rows.values_list(column.value, flat=True).distinct()[:count])


_UNITS = {
    TimeUnit.MINUTE: timedelta(minutes=1),
    TimeUnit.HOUR: timedelta(hours=1),
    TimeUnit.DAY: timedelta(days=1),
    TimeUnit.WEEK: timedelta(weeks=1),
}
_MONDAY = datetime(1970, 1, 5)  # noqa: DTZ001 - a wall clock


def _measures(wanted: Collection[str]) -> dict[str, Any]:
    """Each costs something for every row."""
    found: dict[str, Any] = {"_count": Count("*")}
    moments = {FIRST: Min("date_created"), LAST: Max("date_created"), LATEST: Max("pk")}
    found |= {name: moment for name, moment in moments.items() if name in wanted}
    for name in DURATIONS:
        parts = (part for part in _PARTS if part == "count" or part in wanted)
        found |= {f"{name}_{part}": _PARTS[part](name) for part in parts if name in wanted}
    return found


_PARTS = {"count": Count, "sum": Sum, "min": Min, "max": Max}


def _of_lines(lines: Sequence[dict[str, Any]], sample: Sample) -> Aggregate:
    keys = {tuple(line[name] for name in sample.names) for line in lines}
    return Aggregate(lines=lines, sample=sample, keys=list(keys))


def _broken_down(lines: Sequence[dict[str, Any]], by: GroupBy, sample: Sample, buckets: list[Bucket]) -> list[Bucket]:
    """Of one span; `buckets` are those of all spans."""
    found = [
        Bucket(keys=keys, aggregate=_of_lines(of_key, sample), siblings=buckets)
        for keys, of_key in grouped(lines, (by.value,)).items()
    ]
    buckets += found
    return sorted(found, key=lambda bucket: -bucket.aggregate.count)


def _span(start: datetime, unit: TimeUnit, step: int, clock: tzinfo) -> datetime:
    length = step * _UNITS[unit]
    wall = start.replace(tzinfo=None)
    return (_MONDAY + (wall - _MONDAY) // length * length).replace(tzinfo=clock)


def _wall(start: datetime, length: timedelta, clock: tzinfo) -> datetime:
    """So much later on the clock on the wall, whatever summer time does in between."""
    return (start.replace(tzinfo=None) + length).replace(tzinfo=clock)


def _in_zone(
    lines: Callable[[QuerySet[TaskResult], tuple[str, ...]], list[dict[str, Any]]],
    rows: QuerySet[TaskResult],
    names: tuple[str, ...],
) -> list[dict[str, Any]]:
    try:
        return lines(rows, names)
    except ValueError as error:  # MariaDB answers NULL where it was never told about time zones
        raise InvalidInput("The database knows no time zones; ask for UTC, or load them into it.") from error


def _zone(name: str) -> tzinfo:
    try:
        named = ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise InvalidInput("`timeZone` is a name such as Europe/Berlin.") from error
    # Without `USE_TZ` columns hold the project's own time, and no database can tell it in another zone.
    return named if settings.USE_TZ else get_default_timezone()
