"""How long tasks ran and waited: merged from partial sums, with percentiles that know whether they are exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil

from django_celery_results.exceptions import InvalidInput

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Count, sum and extremes of some rows, as one line of SQL returns them."""

    count: int
    sum: timedelta | None = None
    min: timedelta | None = None
    max: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Percentiles:
    """Values at a fraction of the rows; `is_approximate` where only the newest rows were looked at."""

    at: Callable[[float], float | None]
    is_approximate: bool


@dataclass(frozen=True, kw_only=True)
class RuntimeStats:
    """In seconds. None where no row has a duration."""

    count: int
    sum: float | None
    min: float | None
    max: float | None
    find_percentiles: Callable[[], Percentiles] = field(repr=False)

    @property
    def avg(self) -> float | None:
        return self.sum / self.count if self.sum is not None and self.count else None

    @property
    def is_approximate(self) -> bool:
        """Whether percentiles are."""
        return self.find_percentiles().is_approximate

    def percentile(self, p: float) -> float | None:
        """The duration that p of 100 rows do not exceed."""
        if not 0 <= p <= 100:
            raise InvalidInput("`p` lies between 0 and 100.")
        return self.find_percentiles().at(p) if self.count else None


def merged(parts: Iterable[Part], percentiles: Callable[[], Percentiles]) -> RuntimeStats:
    """The statistics of all parts together."""
    counted = [part for part in parts if part.count]
    return RuntimeStats(
        count=sum(part.count for part in counted),
        sum=_seconds(sum((part.sum for part in counted if part.sum is not None), timedelta())) if counted else None,
        min=_seconds(min((part.min for part in counted if part.min is not None), default=None)),
        max=_seconds(max((part.max for part in counted if part.max is not None), default=None)),
        find_percentiles=percentiles,
    )


def of_sample(sample: Iterable[timedelta], *, is_whole: bool) -> Percentiles:
    """Percentiles of durations that were read."""
    values = sorted(sample)

    def at(p: float) -> float | None:
        return _seconds(values[max(ceil(p / 100 * len(values)), 1) - 1]) if values else None

    return Percentiles(at=at, is_approximate=not is_whole)


def _seconds(value: timedelta | None) -> float | None:
    return None if value is None else value / _SECOND
