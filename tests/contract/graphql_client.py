"""A client that runs GraphQL documents on one engine, without HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.policy.viewer import Viewer
from graphql_api.engine import Context, Engine, GraphQLRequest, GraphQLResponse

ENGINES = tuple(name for name in ("strawberry", "graphene") if find_spec(name))
"""The engines that are installed. One lane has both."""


@dataclass(kw_only=True)
class GraphQLClient:
    """Runs GraphQL documents on `engine`, as `viewer` unless a call names another viewer."""

    engine: Engine
    viewer: Viewer

    def execute(
        self, query: str, variables: dict[str, Any] | None = None, viewer: Viewer | None = None
    ) -> GraphQLResponse:
        request = GraphQLRequest(query=query, variables=variables)
        return self.engine.execute(request, Context(viewer=viewer or self.viewer))

    def data(self, query: str, variables: dict[str, Any] | None = None, viewer: Viewer | None = None) -> Any:
        """Return the data of a response that must have no errors."""
        response = self.execute(query, variables, viewer)
        assert response.errors == ()
        return response.data

    def codes(self, query: str, variables: dict[str, Any] | None = None, viewer: Viewer | None = None) -> list[str]:
        """Return the codes of the response's errors."""
        return error_codes(self.execute(query, variables, viewer))

    def sql(self, query: str, variables: dict[str, Any] | None = None) -> list[str]:
        """Return the SQL statements of a document that must have no errors, once caches are warm."""
        self.data(query, variables)
        with CaptureQueriesContext(connection) as captured:
            self.data(query, variables)
        return [statement["sql"] for statement in captured]


def error_codes(response: GraphQLResponse) -> list[str]:
    """Return the codes of the response's errors."""
    return [error["extensions"]["code"] for error in response.errors]
