"""What resolvers know of a request, in our engines as in a project's own schema, whose context is its own."""

from __future__ import annotations

from typing import Any

from graphql import OperationDefinitionNode

from django_celery_results.policy.viewer import Viewer
from graphql_api.engine import Context

_KEPT = "_graphql_api_context"


def context_of(given: Any, operation: OperationDefinitionNode) -> Context:
    """Ours as it is; else one of the request, which the libraries hand over as it is, in an attribute, or under a key.

    Kept with the request, for one operation: a batch has several. Where a program runs an operation without any
    request, nobody is known to ask.
    """
    if isinstance(given, Context):
        return given
    request = given.get("request") if isinstance(given, dict) else getattr(given, "request", given)
    if request is None:
        return Context(viewer=Viewer())
    kept = getattr(request, _KEPT, None)
    if kept is None or kept[0] is not operation:
        kept = (operation, _of_request(request))
        setattr(request, _KEPT, kept)
    found: Context = kept[1]
    return found


def _of_request(request: Any) -> Context:
    address = getattr(request, "META", {}).get("REMOTE_ADDR") or None
    return Context(viewer=Viewer(user=getattr(request, "user", None), remote_address=address), request=request)
