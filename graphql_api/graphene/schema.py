"""The schema, built and printed."""

from __future__ import annotations

from typing import Any

import graphene
from graphql import GraphQLInputObjectType, GraphQLScalarType, GraphQLSchema

from graphql_api import printing
from graphql_api.scalars import SPECIFICATIONS

from .mutation import Mutation
from .operation_types import Operation
from .query import Query
from .types import GroupResult, TaskResult

ONE_OF = ("TaskRef", "TaskSelector")
"""Inputs that take exactly one of their fields."""


class Schema(graphene.Schema):
    """Build a project's own schema with this one: graphene has no word for what is added here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, found in self.graphql_schema.type_map.items():
            if isinstance(found, GraphQLInputObjectType) and name in ONE_OF:
                found.is_one_of = True
            if isinstance(found, GraphQLScalarType) and name in SPECIFICATIONS:
                found.specified_by_url = SPECIFICATIONS[name]


def graphql_core(built: graphene.Schema) -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    found: GraphQLSchema = built.graphql_schema
    return found


schema = Schema(query=Query, mutation=Mutation, types=[TaskResult, GroupResult, Operation])


def printed() -> str:
    """The text of `schema.graphql`."""
    return printing.printed(graphql_core(schema))
