"""From the text of a request to an operation that may run: within limits, parsed, valid, named and affordable.

Knows graphql-core only, so that every engine refuses the same requests with the same errors. What depends on the text
alone is kept for the next request with the same text, once somebody who may ask it did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.signals import setting_changed
from graphql import (
    ASTValidationRule,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
    parse,
    specified_rules,
    validate,
)

from graphql_api.conf import SETTING, settings
from graphql_api.cost import Term, check_cost, terms_of
from graphql_api.document_cache import DocumentCache
from graphql_api.engine import GraphQLRequest
from graphql_api.limits import LimitExceeded, check_document, check_text, check_variables, too_large

_MAX_ERRORS = 20


class RequestRefused(Exception):
    """The operation does not run; the errors say why."""

    def __init__(self, *errors: GraphQLError) -> None:
        self.errors = errors
        super().__init__(errors[0].message)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation, ready to run but for its variables."""

    document: DocumentNode
    node: OperationDefinitionNode
    costs: tuple[Term, ...]
    has_directives: bool
    """Whether what is selected may depend on variables."""
    memo: dict[Any, Any] = field(default_factory=dict, compare=False)
    """What an engine keeps for the next request with the same text."""

    @property
    def name(self) -> str | None:
        return self.node.name.value if self.node.name else None

    @property
    def kind(self) -> OperationType:
        return self.node.operation


Operations = tuple[Operation, ...]


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: GraphQLSchema, extra_rules: Iterable[type[ASTValidationRule]] = ()) -> None:
        self.schema = schema
        self._open = (*specified_rules, *extra_rules)
        self._closed = (*self._open, NoSchemaIntrospectionCustomRule)
        self.cache: DocumentCache[Operation] = DocumentCache()
        setting_changed.connect(self._forget)

    def operation(self, request: GraphQLRequest) -> Operation:
        """The operation that the request names, or `RequestRefused`."""
        try:
            check_text(request.query)
            found = self.cache.get((request.query, request.operation_name))
            found = found or self._named(self._read(request.query), request.operation_name)
            self._check_kind(found, request)
            self._check_variables(found, request.variables or {})
        except LimitExceeded as error:
            raise RequestRefused(error) from error
        return found

    def keeps(self, request: GraphQLRequest) -> bool:
        """Whether the operation of this request is ready already."""
        return self.cache.get((request.query, request.operation_name)) is not None

    def keep(self, request: GraphQLRequest, operation: Operation) -> None:
        """Have the operation ready for the next request like this one."""
        self.cache.put((request.query, request.operation_name), operation)

    def _read(self, text: str) -> Operations:
        tree = _parsed(text)
        check_document(tree)
        self._validate(tree)
        fragments = {found.name.value: found for found in tree.definitions if isinstance(found, FragmentDefinitionNode)}
        return tuple(
            Operation(
                document=tree, node=node, costs=terms_of(self.schema, fragments, node), has_directives="@" in text
            )
            for node in tree.definitions
            if isinstance(node, OperationDefinitionNode)
        )

    def _validate(self, tree: DocumentNode) -> None:
        open_ = settings().introspection
        rules = self._open if open_ else self._closed
        errors = validate(self.schema, tree, rules, max_errors=_MAX_ERRORS, hide_suggestions=not open_)
        if errors:
            raise RequestRefused(*(coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors))

    def _named(self, operations: Operations, name: str | None) -> Operation:
        if not operations:
            raise _unresolved("The document holds no operation: send a query or a mutation.")
        if name is None and len(operations) > 1:
            raise _unresolved("The document holds several operations: say in `operationName` which one to run.")
        found = [operation for operation in operations if name in (None, operation.name)]
        if not found:
            raise _unresolved("The document holds no operation of the name given in `operationName`.")
        return found[0]

    def _check_kind(self, found: Operation, request: GraphQLRequest) -> None:
        if found.kind is OperationType.MUTATION and not request.allows_mutation:
            error = GraphQLError("Send mutations by POST.", found.node)
            raise RequestRefused(coded(error, "METHOD_NOT_ALLOWED"))
        if self.schema.get_root_type(found.kind) is None:
            raise _unresolved(f"This service has no {found.kind.value}s.")

    def _check_variables(self, found: Operation, given: dict[str, Any]) -> None:
        check_variables(given)
        declared = found.node.variable_definitions or ()
        values = get_variable_values(
            self.schema, declared, given, max_errors=_MAX_ERRORS, hide_suggestions=not settings().introspection
        )
        if isinstance(values, list):
            raise RequestRefused(*(coded(error, "BAD_USER_INPUT") for error in values))
        check_cost(found.costs, _coerced(values))

    def _forget(self, *, setting: str, **_: Any) -> None:
        if setting in (SETTING, "DJANGO_CELERY_RESULTS"):
            self.cache.clear()


def coded(error: GraphQLError, code: str) -> GraphQLError:
    """The same error with a code for programs, unless it has one."""
    error.extensions = {"code": code} | (error.extensions or {})
    return error


def _coerced(values: Any) -> dict[str, Any]:
    """graphql-core 3.3 wraps the dictionary that 3.2 returns."""
    coerced: dict[str, Any] = getattr(values, "coerced", values)
    return coerced


def _parsed(text: str) -> DocumentNode:
    try:
        return parse(text, max_tokens=settings().max_tokens)
    except GraphQLSyntaxError as error:
        # The parser's own word for its limit is only in the message.
        if "Document contains more than" in error.message:
            raise too_large("tokens", settings().max_tokens) from error
        raise RequestRefused(coded(error, "GRAPHQL_PARSE_FAILED")) from error


def _unresolved(message: str) -> RequestRefused:
    return RequestRefused(coded(GraphQLError(message), "OPERATION_RESOLUTION_FAILURE"))
