"""Comparisons of one value inside stored JSON: a path, and operators that must all hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, In, IsNull, LessThan, LessThanOrEqual

from django_celery_results.exceptions import InvalidInput

from . import json_values, lookups
from .conditions import NOTHING, all_of, any_of, negate
from .json_values import JSONKind, JSONNumber, JSONText
from .operators import Comparison, checked_text

Operator = Callable[[str, tuple[str, ...], Any], Q]
MAX_VALUES = 20
_HUGE = 1e300


@dataclass(frozen=True, kw_only=True)
class JSONFilter(Comparison):
    """Operators over what stands at `path`; of texts that are no JSON, or are too long, none holds but `is_null`."""

    path: tuple[str, ...]
    eq: Any = None
    ne: Any = None
    in_: tuple[Any, ...] | None = None
    not_in: tuple[Any, ...] | None = None
    gt: float | None = None
    gte: float | None = None
    lt: float | None = None
    lte: float | None = None
    contains: str | None = None
    starts_with: str | None = None
    is_null: bool | None = None

    def given(self) -> list[tuple[str, Any]]:
        return [(name, value) for name, value in super().given() if name != "path"]

    def condition(self, column: str) -> Q:
        path = json_values.checked(self.path)
        if not self.given():
            raise InvalidInput("Say what to compare the value at `path` with.")
        return all_of(JSON_OPERATORS[name](column, path, value) for name, value in self.given())


def _kind(column: str, path: tuple[str, ...], words: tuple[str, ...]) -> Q:
    kind = JSONKind(column, path)
    # Both, so that the condition is false and not unknown where there is nothing.
    return Q(IsNull(kind, False)) & Q(In(kind, list(words)))


def _string(lookup: Callable[[Any, str], Q]) -> Operator:
    def condition(column: str, path: tuple[str, ...], value: str) -> Q:
        return _kind(column, path, json_values.STRING) & lookup(JSONText(column, path), checked_text(value))

    return condition


def _number(lookup: Any) -> Operator:
    def condition(column: str, path: tuple[str, ...], value: float) -> Q:
        operand = _operand(value)
        return _kind(column, path, json_values.NUMBER) & Q(lookup(JSONNumber(column, path), operand))

    return condition


def _operand(value: float) -> int | float:
    """A number that every database takes as a parameter."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_HUGE < value < _HUGE:
        raise InvalidInput("A number to compare with lies within the range of 64-bit floats.")
    return value if isinstance(value, int) and abs(value) < 1 << 63 else float(value)


def _boolean(column: str, path: tuple[str, ...], value: bool) -> Q:
    name = "true" if value else "false"
    named = _kind(column, path, json_values.BOOLEAN) & lookups.equal(JSONText(column, path), name)
    return any_of([named, _kind(column, path, (name,))])


_equal_string = _string(lookups.equal)


def _equal(column: str, path: tuple[str, ...], value: Any) -> Q:
    if isinstance(value, bool):
        return _boolean(column, path, value)
    if isinstance(value, str):
        return _equal_string(column, path, value)
    if isinstance(value, int | float):
        return _number(Exact)(column, path, value)
    raise InvalidInput("Compare with a string, a number or a boolean; for null ask `isNull`, for parts give a `path`.")


def _one_of(column: str, path: tuple[str, ...], values: tuple[Any, ...]) -> Q:
    if len(values) > MAX_VALUES:
        raise InvalidInput(f"A list to compare a place with may have {MAX_VALUES} entries.")
    return any_of(_equal(column, path, value) for value in values) if values else NOTHING


def _is_null(column: str, path: tuple[str, ...], wanted: bool) -> Q:
    kind = JSONKind(column, path)
    there = Q(IsNull(kind, False)) & ~Q(In(kind, list(json_values.NULL)))
    return ~there if wanted else there


JSON_OPERATORS: Mapping[str, Operator] = {
    "eq": _equal,
    "ne": lambda column, path, value: negate(_equal(column, path, value)),
    "in_": _one_of,
    "not_in": lambda column, path, values: negate(_one_of(column, path, values)),
    "gt": _number(GreaterThan),
    "gte": _number(GreaterThanOrEqual),
    "lt": _number(LessThan),
    "lte": _number(LessThanOrEqual),
    "contains": _string(lookups.contains),
    "starts_with": _string(lookups.starts_with),
    "is_null": _is_null,
}
