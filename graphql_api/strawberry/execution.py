"""Runs operations against the strawberry schema, in the terms of `graphql_api.engine`."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from strawberry import Schema
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from graphql_api.documents import Documents, Operation, RequestRefused
from graphql_api.engine import Context, GraphQLRequest, GraphQLResponse
from graphql_api.errors import formatted
from graphql_api.time_limits import limited

from .schema import graphql_core, schema


class StrawberryEngine:
    """The engine of one schema. Resolvers are plain functions: under ASGI an operation runs in one thread."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.documents = Documents(graphql_core(schema), (MaybeNullValidationRule,))

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
            result = self.schema.execute_sync(
                request.query,
                variable_values=request.variables,
                context_value=context,
                operation_name=operation.name,
            )
        return GraphQLResponse(
            data=result.data,
            errors=tuple(formatted(error) for error in result.errors or ()),
            operation_name=operation.name,
            operation_type=operation.kind.value,
        )


engine = StrawberryEngine(schema)
