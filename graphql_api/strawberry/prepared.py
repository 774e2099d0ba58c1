"""Hands strawberry a document that `graphql_api.documents` parsed and validated already."""

from __future__ import annotations

from collections.abc import Iterator

from strawberry.extensions import SchemaExtension

from graphql_api.documents import Operation
from graphql_api.engine import Context


class Prepared(SchemaExtension):
    """Does nothing for whoever executes the schema without the engine."""

    def on_parse(self) -> Iterator[None]:
        if operation := self._operation():
            self.execution_context.graphql_document = operation.document
        yield

    def on_validate(self) -> Iterator[None]:
        if self._operation():
            self.execution_context.pre_execution_errors = []
        yield

    def _operation(self) -> Operation | None:
        context = self.execution_context.context
        return context.memo.get(Operation) if isinstance(context, Context) else None
