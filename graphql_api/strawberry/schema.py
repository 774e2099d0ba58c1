"""The schema, built and printed."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from graphql_api import finishing, printing

from .mutation import Mutation
from .operation_types import Operation
from .query import Query
from .scalars import SCALARS
from .types import GroupResult, TaskResult


def config() -> StrawberryConfig:
    """What a project's own strawberry schema needs when it takes in our types."""
    return StrawberryConfig(scalar_map=SCALARS)


def graphql_core(built: strawberry.Schema) -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    found: GraphQLSchema = built._schema
    return found


class Schema(strawberry.Schema):
    """Build a project's own schema with this one: it knows our scalars and enforces `@oneOf`, whose flag strawberry's
    own way loses where core prints."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"config": config(), **kwargs})
        finishing.finish(graphql_core(self))


schema = Schema(query=Query, mutation=Mutation, types=[TaskResult, GroupResult, Operation])


def printed() -> str:
    """The text of `schema.graphql`."""
    return printing.printed(graphql_core(schema))
