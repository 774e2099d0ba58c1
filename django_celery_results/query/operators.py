"""The comparisons a filter may make with one column: frozen values, each with a `condition(column)`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings as django_settings
from django.db.models import Q
from django.utils import timezone

from django_celery_results.conf import settings
from django_celery_results.exceptions import InvalidInput
from django_celery_results.states import NAMED, TaskState

from . import lookups
from .conditions import NOTHING, all_of, any_of, negate

MAX_TEXT = 4096
MAX_VALUES = 1000
MAX_AGE = timedelta(days=36525)

Operator = Callable[[str, Any], Q]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Operators that are given must all hold; none given is no condition."""

    OPERATORS: ClassVar[Mapping[str, Operator]] = {}

    def condition(self, column: str) -> Q:
        return all_of(self.OPERATORS[name](column, value) for name, value in self.given())

    def given(self) -> list[tuple[str, Any]]:
        """Operators with their operands."""
        pairs = [(known.name, getattr(self, known.name)) for known in fields(self)]
        return [(name, value) for name, value in pairs if value is not None]


def _is_null(column: str, wanted: bool) -> Q:
    return lookups.missing(column) if wanted else lookups.present(column)


def checked_text(value: str) -> str:
    """A text that every database can compare with."""
    if len(value) > MAX_TEXT:
        raise InvalidInput(f"A text to compare with may have {MAX_TEXT} characters; this one has {len(value)}.")
    if not lookups.is_storable(value):
        raise InvalidInput("A text to compare with may hold neither NUL characters nor lone surrogates.")
    return value


def _texts(values: tuple[str, ...]) -> list[str]:
    if len(values) > MAX_VALUES:
        raise InvalidInput(f"A list to compare with may have {MAX_VALUES} entries; this one has {len(values)}.")
    return [checked_text(value) for value in values]


def _over(lookup: Callable[[str, str], Q]) -> Operator:
    return lambda column, value: lookup(column, checked_text(value))


def _regex(lookup: str) -> Operator:
    def condition(column: str, value: str) -> Q:
        if not settings().allow_regex:
            raise InvalidInput("Regular expressions are off here; use contains, startsWith or endsWith.")
        return Q(**{f"{column}__isnull": False, f"{column}__{lookup}": checked_text(value)})

    return condition


_EXACT: Mapping[str, Operator] = {
    "eq": _over(lookups.equal),
    "ne": lambda column, value: negate(lookups.equal(column, checked_text(value))),
    "in_": lambda column, values: lookups.one_of(column, _texts(values)),
    "not_in": lambda column, values: negate(lookups.one_of(column, _texts(values))),
    "starts_with": _over(lookups.starts_with),
}


@dataclass(frozen=True, kw_only=True)
class IDFilter(Comparison):
    """Ids, compared byte for byte."""

    eq: str | None = None
    in_: tuple[str, ...] | None = None
    not_in: tuple[str, ...] | None = None
    starts_with: str | None = None

    OPERATORS = _EXACT


@dataclass(frozen=True, kw_only=True)
class StringFilter(Comparison):
    """Text, compared byte for byte except by the operators that begin with `i`."""

    eq: str | None = None
    ne: str | None = None
    in_: tuple[str, ...] | None = None
    not_in: tuple[str, ...] | None = None
    contains: str | None = None
    starts_with: str | None = None
    ends_with: str | None = None
    i_eq: str | None = None
    i_contains: str | None = None
    i_starts_with: str | None = None
    i_ends_with: str | None = None
    regex: str | None = None
    i_regex: str | None = None
    is_null: bool | None = None

    OPERATORS = {
        **_EXACT,
        "contains": _over(lookups.contains),
        "ends_with": _over(lookups.ends_with),
        "i_eq": _over(lookups.i_equal),
        "i_contains": _over(lookups.i_contains),
        "i_starts_with": _over(lookups.i_starts_with),
        "i_ends_with": _over(lookups.i_ends_with),
        "regex": _regex("regex"),
        "i_regex": _regex("iregex"),
        "is_null": _is_null,
    }


def _in_state(column: str, state: TaskState) -> Q:
    if state is TaskState.CUSTOM:
        return negate(lookups.one_of(column, NAMED))
    return lookups.equal(column, state.value)


def _in_states(column: str, states: tuple[TaskState, ...]) -> Q:
    return any_of(_in_state(column, state) for state in dict.fromkeys(states))


@dataclass(frozen=True, kw_only=True)
class StateFilter(Comparison):
    """Celery's states; CUSTOM is every other one."""

    eq: TaskState | None = None
    ne: TaskState | None = None
    in_: tuple[TaskState, ...] | None = None
    not_in: tuple[TaskState, ...] | None = None

    OPERATORS = {
        "eq": _in_state,
        "ne": lambda column, state: negate(_in_state(column, state)),
        "in_": _in_states,
        "not_in": lambda column, states: negate(_in_states(column, states)),
    }


def _ordered(prepare: Callable[[Any], Any]) -> Mapping[str, Operator]:
    def operator(lookup: str) -> Operator:
        return lambda column, value: Q(**{f"{column}__isnull": False, f"{column}__{lookup}": prepare(value)})

    return {"eq": operator("exact"), **{name: operator(name) for name in ("gt", "gte", "lt", "lte")}}


def _moment(value: datetime) -> datetime:
    """As the column holds it: aware, or the local time of projects without `USE_TZ`."""
    if timezone.is_naive(value):
        raise InvalidInput("A time needs an offset, such as 2026-01-31T12:00:00Z.")
    if not 1000 <= value.year <= 9990:
        raise InvalidInput("A time to compare with lies between the years 1000 and 9990.")
    return value if django_settings.USE_TZ else timezone.make_naive(value, timezone.get_default_timezone())


def _ago(age: timedelta) -> datetime:
    if not timedelta(0) <= age <= MAX_AGE:
        raise InvalidInput("A duration to compare with lies between zero and 100 years.")
    return timezone.now() - age


@dataclass(frozen=True, kw_only=True)
class DateTimeFilter(Comparison):
    """Moments, and windows that roll with the clock."""

    eq: datetime | None = None
    gt: datetime | None = None
    gte: datetime | None = None
    lt: datetime | None = None
    lte: datetime | None = None
    is_null: bool | None = None
    within_last: timedelta | None = None
    older_than: timedelta | None = None

    OPERATORS = {
        **_ordered(_moment),
        "is_null": _is_null,
        "within_last": lambda column, age: Q(**{f"{column}__gte": _ago(age)}),
        "older_than": lambda column, age: Q(**{f"{column}__lt": _ago(age)}),
    }


def _seconds(value: float) -> timedelta:
    if not math.isfinite(value) or abs(value) > MAX_AGE.total_seconds():
        raise InvalidInput("Seconds to compare with are finite and below 100 years.")
    return timedelta(seconds=value)


@dataclass(frozen=True, kw_only=True)
class SecondsFilter(Comparison):
    """A span of time, in seconds."""

    eq: float | None = None
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None
    is_null: bool | None = None

    OPERATORS = {**_ordered(_seconds), "is_null": _is_null}


def _whole(value: int) -> int:
    if abs(value) >= 1 << 31:
        raise InvalidInput("A whole number to compare with fits into 32 bits.")
    return value


def _wholes(column: str, values: tuple[int, ...]) -> Q:
    if len(values) > MAX_VALUES:
        raise InvalidInput(f"A list to compare with may have {MAX_VALUES} entries; this one has {len(values)}.")
    wholes = [_whole(value) for value in values]
    return Q(**{f"{column}__isnull": False, f"{column}__in": wholes}) if wholes else NOTHING


@dataclass(frozen=True, kw_only=True)
class IntFilter(Comparison):
    """Whole numbers."""

    eq: int | None = None
    in_: tuple[int, ...] | None = None
    gt: int | None = None
    gte: int | None = None
    lt: int | None = None
    lte: int | None = None
    is_null: bool | None = None

    OPERATORS = {**_ordered(_whole), "in_": _wholes, "is_null": _is_null}
