"""Completes objects and lists of them column by column, where graphql-core would complete them field by field.

A plan is made for a selection whose fields all read the row, or ask for it what their engine says may be asked for many
rows at once. Values then move through C loops. Whatever is not as expected raises, and graphql-core completes that
value from its beginning: nulls, errors and paths are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from itertools import chain, islice, repeat
from typing import Any, TypeVar, cast

from graphql import GraphQLField, GraphQLList, GraphQLNonNull, GraphQLObjectType, is_leaf_type

from graphql_api.leaves import leaves

Values = Sequence[Any]
Column = Callable[[Values, Any], Values]
"""Completes values, in one execution."""
Reading = Callable[[Values, Any], Values]
"""A field's values of these rows, in one execution."""
Resolver = TypeVar("Resolver", bound=Callable[..., Any])
_NOTHING = type(None)
_FOR_MANY = "_graphql_api_for_many"


class NotPlain(Exception):
    """graphql-core has to do it."""


Reader = Callable[[GraphQLField, GraphQLObjectType, Any], Reading]
"""How a field of a type, selected by these nodes, is read; `NotPlain` where it does more."""


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
            return leaves(kind, required=required)
        if isinstance(kind, GraphQLList):
            return _nullable(_lists(self.values(kind.of_type, details)), required)
        if isinstance(kind, GraphQLObjectType):
            return _nullable(self.objects(kind, details), required)
        raise NotPlain

    def objects(self, kind: GraphQLObjectType, details: Any) -> Column:
        """Completes a column of objects, none of them null."""
        fields = self._selected(kind, details)
        columns = [self._field(kind, group) for group in fields.values()]
        keys = tuple(fields)
        is_type_of: Any = kind.is_type_of

        def objects(rows: Values, run: Any) -> Values:
            if is_type_of and not all(map(is_type_of, rows, repeat(None))):
                raise NotPlain
            return _dicts(keys, [complete(read(rows, run), run) for read, complete in columns])

        return objects

    def _field(self, kind: GraphQLObjectType, group: Any) -> tuple[Reading, Column]:
        name: str = node_of(group[0]).name.value
        if name == "__typename":
            return lambda rows, _: [kind.name] * len(rows), lambda values, _: values
        field = kind.fields.get(name)
        if field is None:
            raise NotPlain
        return self.read(field, kind, group), self.values(field.type, group)

    def _selected(self, kind: GraphQLObjectType, details: Any) -> dict[str, Any]:
        fields = self.collect_subfields(kind, details)
        if not isinstance(fields, dict):  # graphql-core 3.3 says beside them what is deferred
            fields, deferred, *_ = fields
            if deferred:
                raise NotPlain
        if not fields:
            raise NotPlain
        return dict(fields)


def node_of(detail: Any) -> Any:
    """The node of one selection; graphql-core 3.3 wraps it."""
    return getattr(detail, "node", detail)


def reading(read: Callable[[Any], Any]) -> Reading:
    """A field that is a function of the row alone."""
    return lambda rows, _: list(map(read, rows))


def _dicts(keys: tuple[str, ...], columns: list[Values]) -> list[dict[str, Any]]:
    if len(keys) == 1:
        return [{keys[0]: value} for value in columns[0]]
    return list(map(dict, map(zip, repeat(keys), zip(*columns, strict=True))))


def _lists(inner: Column) -> Column:
    def column(values: Values, run: Any) -> Values:
        if not set(map(type, values)) <= {list, tuple}:
            raise NotPlain
        done = iter(inner(tuple(chain.from_iterable(values)), run))
        return [list(islice(done, len(value))) for value in values]

    return column


def _nullable(inner: Column, required: bool) -> Column:
    def column(values: Values, run: Any) -> Values:
        if _NOTHING not in set(map(type, values)):
            return inner(values, run)
        if required:
            raise NotPlain
        done = iter(inner([value for value in values if value is not None], run))
        return [None if value is None else next(done) for value in values]

    return column


class Rows(tuple[Any, ...]):
    """What a resolver for many is asked for at once."""


def for_many(resolver: Resolver) -> Resolver:
    """Lets an engine ask a resolver once for many rows, where it looks at nothing but the row, its arguments, the
    context and the document: one `info` does for all rows, though its path is that of none of them."""

    @wraps(resolver)
    def answer(root: Any, *args: Any, **given: Any) -> Any:
        if type(root) is not Rows:
            return resolver(root, *args, **given)
        return [resolver(row, *args, **given) for row in root]

    answer.__dict__[_FOR_MANY] = True
    return cast(Resolver, answer)


def is_for_many(resolver: Any) -> bool:
    """Whether it takes `Rows`."""
    return getattr(resolver, _FOR_MANY, False) is True
