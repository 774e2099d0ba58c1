"""Writes columns of scalars and enums as graphql-core writes each value, asking it only where it has to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import Any

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLString,
    is_enum_type,
)

_NOTHING = type(None)


class Unwritable(Exception):
    """A value is an error, which graphql-core has to report."""


def leaves(kind: Any, *, required: bool) -> Callable[[Sequence[Any], Any], Sequence[Any]]:
    """Writes a column of values of this type."""
    write = getattr(kind, "coerce_output_value", None) or kind.serialize
    plain, holds = _AS_THEY_ARE.get(kind, (None, _always))
    is_enum = is_enum_type(kind)

    def column(values: Sequence[Any], _: Any) -> Sequence[Any]:
        types = set(map(type, values))
        if required and _NOTHING in types:
            raise Unwritable
        types.discard(_NOTHING)
        if not types or (types == {plain} and holds(values)):
            return values
        if is_enum and len(types) == 1:
            names = {value: write(value) for value in set(values) if value is not None}
            return _checked(values, list(map(names.get, values)))
        # An exception is an error even where a scalar takes it.
        if any(issubclass(known, Exception) for known in types):
            raise Unwritable
        return _checked(values, [None if value is None else write(value) for value in values])

    return column


def _checked(values: Sequence[Any], written: Sequence[Any]) -> Sequence[Any]:
    """A value must not become null by being written."""
    if written.count(None) != values.count(None):
        raise Unwritable
    return written


def _always(_: Iterable[Any]) -> bool:
    return True


def _is_whole(values: Iterable[Any]) -> bool:
    numbers = [value for value in values if value is not None]
    return bool(min(numbers) >= GRAPHQL_MIN_INT and max(numbers) <= GRAPHQL_MAX_INT)


def _is_finite(values: Iterable[Any]) -> bool:
    return all(value is None or isfinite(value) for value in values)


_AS_THEY_ARE: dict[Any, tuple[type, Callable[[Iterable[Any]], bool]]] = {
    GraphQLString: (str, _always),
    GraphQLID: (str, _always),
    GraphQLBoolean: (bool, _always),
    GraphQLInt: (int, _is_whole),
    GraphQLFloat: (float, _is_finite),
}
"""Scalars of the specification with the Python type that is sent as it is, and what else must hold of the values."""
