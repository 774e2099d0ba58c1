"""What a library has no word for, or says in words of its own, put on the schema that it built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLScalarType, GraphQLSchema

from graphql_api.scalars import SPECIFICATIONS
from graphql_api.vocabulary import words

ONE_OF = ("TaskRef", "TaskSelector")
"""Inputs that take exactly one of their fields."""

RELAY: Mapping[str, Sequence[str]] = {
    "Node": ("id",),
    "PageInfo": ("hasNextPage", "hasPreviousPage", "startCursor", "endCursor"),
}
"""Types that a library may bring along, and their fields."""


def finish(schema: GraphQLSchema) -> None:
    """Every version of graphql-core prints and enforces what is set here."""
    for name in (*ONE_OF, *SPECIFICATIONS, *RELAY):
        found = schema.type_map.get(name)
        if isinstance(found, GraphQLInputObjectType):
            found.is_one_of = True
        elif isinstance(found, GraphQLScalarType):
            found.specified_by_url = SPECIFICATIONS[name]
        elif isinstance(found, GraphQLObjectType | GraphQLInterfaceType):
            _describe(found)


def _describe(kind: GraphQLObjectType | GraphQLInterfaceType) -> None:
    kind.description = words(kind.name)
    for name in RELAY[kind.name]:
        if name in kind.fields:
            kind.fields[name].description = words(kind.name, name)
