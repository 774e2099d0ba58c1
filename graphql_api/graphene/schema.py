"""The schema, built and printed."""

from __future__ import annotations

from typing import Any

import graphene
from graphql import GraphQLSchema

from graphql_api import finishing, printing

from .mutation import Mutation
from .operation_types import Operation
from .query import Query
from .types import GroupResult, TaskResult


class Schema(graphene.Schema):
    """Build a project's own schema with this one: graphene has no word for what is added here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        finishing.finish(graphql_core(self))


def graphql_core(built: graphene.Schema) -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    found: GraphQLSchema = built.graphql_schema
    return found


schema = Schema(query=Query, mutation=Mutation, types=[TaskResult, GroupResult, Operation])


def printed() -> str:
    """The text of `schema.graphql`."""
    return printing.printed(graphql_core(schema))
