"""Runs operations against a schema of graphql-core, in the terms of `graphql_api.engine`.

The libraries bring a schema and an executor. What they do around an execution of their own, none of our schemas needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from inspect import signature
from typing import Any

from asgiref.sync import sync_to_async
from graphql import ASTValidationRule, GraphQLSchema, execute_sync

from django_celery_results.exceptions import Forbidden, Unauthenticated
from django_celery_results.policy.access import Action, policy
from django_celery_results.query.session import Session
from graphql_api.documents import Documents, Operation, RequestRefused
from graphql_api.engine import Context, GraphQLRequest, GraphQLResponse
from graphql_api.errors import formatted
from graphql_api.time_limits import limited

# graphql-core 3.3 says so, 3.2 says the other.
_EXECUTOR = "executor_class" if "executor_class" in signature(execute_sync).parameters else "execution_context_class"

_FORBIDDEN = (Forbidden.code, Unauthenticated.code)


class CoreEngine:
    """The engine of one schema. Resolvers are plain functions: under ASGI an operation runs in one thread."""

    def __init__(
        self, schema: GraphQLSchema, executor: type[Any], extra_rules: Iterable[type[ASTValidationRule]] = ()
    ) -> None:
        self.executor = executor
        self.documents = Documents(schema, extra_rules)

    def execute(self, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        try:
            operation = self.documents.operation(request)
        except RequestRefused as refused:
            errors = tuple(formatted(error) for error in refused.errors)
            return GraphQLResponse(errors=errors, is_request_error=True, operation_name=request.operation_name)
        return self._run(operation, request, context)

    async def execute_async(self, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        return await sync_to_async(self.execute)(request, context)

    def _run(self, operation: Operation, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        context.memo[Operation] = operation
        executor: Any = {_EXECUTOR: self.executor}
        with limited(operation.kind) as spent:
            result = execute_sync(
                self.documents.schema,
                operation.document,
                context_value=context,
                variable_values=request.variables,
                operation_name=operation.name,
                **executor,
            )
        _let_go(context)
        errors = tuple(formatted(error) for error in result.errors or ())
        was_refused = spent.was_forbidden or any(error["extensions"]["code"] in _FORBIDDEN for error in errors)
        # Who may do nothing cannot push out what others use, by documents that need no permission either.
        if not was_refused and not self.documents.keeps(request) and policy().may(context.viewer, Action.VIEW):
            self.documents.keep(request, operation)
        return GraphQLResponse(
            data=result.data,
            errors=errors,
            operation_name=operation.name,
            operation_type=operation.kind.value,
        )


def _let_go(context: Context) -> None:
    """The executor refers to itself, and would keep all rows until the garbage collector comes."""
    session = context.memo.get(Session)
    if isinstance(session, Session):
        session.forget()
    context.memo.clear()
