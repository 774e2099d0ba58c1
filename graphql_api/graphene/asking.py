"""How resolvers reach the query room, in our engine as in a project's own schema, whose context is the request."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.pages import PageRequest
from django_celery_results.query.session import Session
from graphql_api import asking
from graphql_api.engine import Context

_KEPT = "_graphql_api_context"


def context(info: GraphQLResolveInfo[Any]) -> Context:
    """What is known of the request."""
    given = info.context
    if isinstance(given, Context):
        return given
    kept = getattr(given, _KEPT, None)
    if kept is None or kept[0] is not info.operation:
        kept = (info.operation, _of_request(given))
        setattr(given, _KEPT, kept)
    found: Context = kept[1]
    return found


def _of_request(request: Any) -> Context:
    address = getattr(request, "META", {}).get("REMOTE_ADDR") or None
    return Context(viewer=Viewer(user=getattr(request, "user", None), remote_address=address), request=request)


def viewer(info: GraphQLResolveInfo[Any]) -> Viewer:
    """Whoever asks."""
    return context(info).viewer


def session(info: GraphQLResolveInfo[Any]) -> Session:
    """The session of this request."""
    return asking.session(context(info), info)


def page_request(given: dict[str, Any]) -> PageRequest:
    """The page that the arguments ask for; null and absent are the same here."""
    return PageRequest(**{name: given[name] for name in ("first", "after", "last", "before") if name in given})
