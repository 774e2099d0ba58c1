"""What transport asks of a GraphQL engine, and what one answers: plain values, free of HTTP and of any library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from django.http import HttpRequest

    from django_celery_results.policy.viewer import Viewer


@dataclass(frozen=True, kw_only=True)
class GraphQLRequest:
    """One operation, as the GraphQL-over-HTTP specification sends it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    allows_mutation: bool = True
    """False for GET, which must not change anything."""


@dataclass(frozen=True, kw_only=True)
class GraphQLResponse:
    """The answer to one operation; `data` is meaningless where `is_request_error` is set."""

    data: dict[str, Any] | None = None
    errors: tuple[dict[str, Any], ...] = ()
    """Formatted errors: message, locations, path and extensions.code."""
    extensions: dict[str, Any] = field(default_factory=dict)
    is_request_error: bool = False
    """The operation never ran: it did not parse, validate, or name an operation, or it was over a limit."""
    operation_name: str | None = None
    """The name that the document gives the operation which ran."""
    operation_type: str | None = None
    """`query` or `mutation`; None where the operation never ran."""


@dataclass(kw_only=True)
class Context:
    """What resolvers know of the request: `info.context`."""

    viewer: Viewer
    request: HttpRequest | None = None
    memo: dict[Any, Any] = field(default_factory=dict)
    """Rows loaded for this request, by whoever loads in batches."""


class Engine(Protocol):
    """A module or object that runs operations against the schema."""

    def execute(self, request: GraphQLRequest, context: Context) -> GraphQLResponse: ...

    async def execute_async(self, request: GraphQLRequest, context: Context) -> GraphQLResponse: ...
