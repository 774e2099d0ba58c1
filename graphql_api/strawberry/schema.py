"""The schema, built and printed."""

from __future__ import annotations

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


def _with_one_of(built: strawberry.Schema) -> strawberry.Schema:
    # strawberry's own flag is lost where core prints; this one prints and is enforced by either core.
    for name in ONE_OF:
        input_type = graphql_core(built).type_map[name]
        assert isinstance(input_type, GraphQLInputObjectType)  # noqa: S101 - for the type checker
        input_type.is_one_of = True
    return built


class Schema(strawberry.Schema):
    """Errors are logged where they are presented, and those that a client made are not logged at all."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        return


schema = _with_one_of(
    Schema(
        query=Query,
        mutation=Mutation,
        types=[TaskResult, GroupResult, Operation],
        config=config(),
        extensions=[Prepared],
        execution_context_class=Executor,
    )
)


def printed() -> str:
    """The text of `schema.graphql`."""
    return printing.printed(graphql_core(schema))
