"""For the tests of projects: run an operation as a user, in-process, through everything but HTTP."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from django_celery_results.policy.viewer import Viewer

from .conf import settings
from .engine import Context, Engine, GraphQLRequest, GraphQLResponse

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


def execute(
    query: str, variables: dict[str, Any] | None = None, *, user: AbstractBaseUser | None = None
) -> GraphQLResponse:
    """The response, as a client would be sent it: `data`, and `errors` with their codes."""
    engine: Engine = import_module(f"graphql_api.{settings().engine}.execution").engine
    request = GraphQLRequest(query=query, variables=variables)
    return engine.execute(request, Context(viewer=Viewer(user=user)))
