"""Completes lists of plain objects column by column, where graphql-core would complete them field by field.

A plan is made for a list whose selected fields all read the row: no resolver, argument, permission or handler, which
each engine tells in its own way. Values then move through C loops. Whatever is not as
expected raises, and graphql-core completes that list from its beginning: nulls, errors and paths are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any

from graphql import GraphQLField, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString, is_leaf_type

Column = Callable[[Sequence[Any]], Sequence[Any]]
Reader = Callable[[GraphQLField], Callable[[Any], Any]]
"""How an engine's field reads its value off a row; `NotPlain` where it does more."""
_NOTHING = type(None)


class NotPlain(Exception):
    """graphql-core has to do it."""


class Planner:
    """Makes plans for one execution, whose directives and fragments decide what is selected."""

    def __init__(self, collect_subfields: Callable[[GraphQLObjectType, Any], Any], read: Reader) -> None:
        self.collect_subfields = collect_subfields
        self.read = read

    def values(self, kind: Any, details: Any, *, required: bool = False) -> Column:
        """Completes a column of values of this type."""
        if isinstance(kind, GraphQLNonNull):
            return self.values(kind.of_type, details, required=True)
        if is_leaf_type(kind):
            return _leaves(kind, required)
        if isinstance(kind, GraphQLList):
            return _nullable(_lists(self.values(kind.of_type, details)), required)
        if isinstance(kind, GraphQLObjectType):
            return _nullable(self.objects(kind, details), required)
        raise NotPlain

    def objects(self, kind: GraphQLObjectType, details: Any) -> Column:
        """Completes a column of objects, none of them null."""
        fields = self._selected(kind, details)
        read = [self._reader(kind, _name(group)) for group in fields.values()]
        complete = [self._field(kind, group) for group in fields.values()]
        keys = tuple(fields)

        def objects(rows: Sequence[Any]) -> Sequence[Any]:
            if kind.is_type_of and not all(kind.is_type_of(row, None) for row in rows):  # type: ignore[arg-type]
                raise NotPlain
            columns = [done(list(map(of, rows))) for of, done in zip(read, complete, strict=True)]
            return [dict(zip(keys, row, strict=True)) for row in zip(*columns, strict=True)]

        return objects

    def _reader(self, kind: GraphQLObjectType, name: str) -> Callable[[Any], Any]:
        if name == "__typename":
            return lambda _: kind.name
        field = kind.fields.get(name)
        if field is None or field.args:
            raise NotPlain
        return self.read(field)

    def _field(self, kind: GraphQLObjectType, group: Any) -> Column:
        name = _name(group)
        return list if name == "__typename" else self.values(kind.fields[name].type, group)

    def _selected(self, kind: GraphQLObjectType, details: Any) -> dict[str, Any]:
        fields = self.collect_subfields(kind, details)
        if not isinstance(fields, dict):  # graphql-core 3.3 says beside them what is deferred
            fields, deferred, *_ = fields
            if deferred:
                raise NotPlain
        if not fields:
            raise NotPlain
        return dict(fields)


def _name(group: Any) -> str:
    """The field that a group of nodes selects; graphql-core 3.3 wraps them."""
    name: str = getattr(group[0], "node", group[0]).name.value
    return name


def _leaves(kind: Any, required: bool) -> Column:
    write = getattr(kind, "coerce_output_value", None) or kind.serialize
    expected = {str} if required else {str, _NOTHING}

    def column(values: Sequence[Any]) -> Sequence[Any]:
        types = set(map(type, values))
        if kind is GraphQLString and types <= expected:
            return values
        if required and _NOTHING in types:
            raise NotPlain
        written = [None if value is None else write(value) for value in values]
        _check_written(values, written, types)
        return written

    return column


def _check_written(values: Sequence[Any], written: Sequence[Any], types: Iterable[type]) -> None:
    """A value must not become null by being written, and an exception is an error even where a scalar takes it."""
    if written.count(None) != values.count(None) or any(issubclass(kind, Exception) for kind in types):
        raise NotPlain


def _lists(inner: Column) -> Column:
    def column(values: Sequence[Any]) -> Sequence[Any]:
        if not set(map(type, values)) <= {list, tuple}:
            raise NotPlain
        done = iter(inner(tuple(chain.from_iterable(values))))
        return [list(islice(done, len(value))) for value in values]

    return column


def _nullable(inner: Column, required: bool) -> Column:
    def column(values: Sequence[Any]) -> Sequence[Any]:
        if None not in values:
            return inner(values)
        if required:
            raise NotPlain
        done = iter(inner([value for value in values if value is not None]))
        return [None if value is None else next(done) for value in values]

    return column
