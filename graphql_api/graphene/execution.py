"""Runs operations against the graphene schema, in the terms of `graphql_api.engine`."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from graphql import ExecutionResult, GraphQLSchema, execute

from graphql_api.documents import Documents, Operation, RequestRefused
from graphql_api.engine import Context, GraphQLRequest, GraphQLResponse
from graphql_api.errors import formatted
from graphql_api.time_limits import limited

from .executor import Executor
from .schema import graphql_core, schema


class GrapheneEngine:
    """The engine of one schema. Resolvers are plain functions: under ASGI an operation runs in one thread."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.documents = Documents(schema)

    def execute(self, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        try:
            operation = self.documents.operation(request)
        except RequestRefused as refused:
            errors = tuple(formatted(error, is_request_error=True) for error in refused.errors)
            return GraphQLResponse(errors=errors, is_request_error=True, operation_name=request.operation_name)
        return self._run(operation, request, context)

    async def execute_async(self, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        return await sync_to_async(self.execute)(request, context)

    def _run(self, operation: Operation, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        context.memo[Operation] = operation
        with limited(operation.kind):
            result = execute(
                self.schema,
                operation.document,
                context_value=context,
                variable_values=request.variables,
                operation_name=operation.name,
                execution_context_class=Executor,
            )
        assert isinstance(result, ExecutionResult)  # noqa: S101 - no resolver of ours is a coroutine
        return GraphQLResponse(
            data=result.data,
            errors=tuple(formatted(error) for error in result.errors or ()),
            operation_name=operation.name,
            operation_type=operation.kind.value,
        )


engine = GrapheneEngine(graphql_core(schema))
