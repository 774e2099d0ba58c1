"""The schema, built and printed."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLInputObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from graphql_api import printing

from .executor import Executor
from .mutation import Mutation
from .operation_types import Operation
from .prepared import Prepared
from .query import Query
from .scalars import SCALARS
from .types import GroupResult, TaskResult

ONE_OF = ("TaskRef", "TaskSelector")
"""Inputs that take exactly one of their fields."""


def config() -> StrawberryConfig:
    """What a project's own strawberry schema needs when it takes in our types."""
    return StrawberryConfig(scalar_map=SCALARS)


def graphql_core(built: strawberry.Schema) -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    found: GraphQLSchema = built._schema
    return found


class Schema(strawberry.Schema):
    """Build a project's own schema with this one: it knows our scalars and enforces `@oneOf`.

    strawberry's own flag is lost where core prints; this one prints and is enforced by either core.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"config": config(), **kwargs})
        for name, found in graphql_core(self).type_map.items():
            if isinstance(found, GraphQLInputObjectType) and name in ONE_OF:
                found.is_one_of = True


class _Quiet(Schema):
    """Errors are logged where they are presented, and those that a client made are not logged at all."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        return


schema = _Quiet(
    query=Query,
    mutation=Mutation,
    types=[TaskResult, GroupResult, Operation],
    extensions=[Prepared],
    execution_context_class=Executor,
)


def printed() -> str:
    """The text of `schema.graphql`."""
    return printing.printed(graphql_core(schema))
