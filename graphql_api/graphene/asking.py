"""How resolvers reach the query room, in our engine as in a project's own schema, whose context is the request."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.pages import PageRequest
from django_celery_results.query.session import Session
from graphql_api import asking
from graphql_api.contexts import context_of


def viewer(info: GraphQLResolveInfo[Any]) -> Viewer:
    """Whoever asks."""
    return asking.viewer(context_of(info.context, info.operation))


def orderer(info: GraphQLResolveInfo[Any]) -> Viewer:
    """Whoever gives an order."""
    return asking.orderer(context_of(info.context, info.operation))


def session(info: GraphQLResolveInfo[Any]) -> Session:
    """The session of this request."""
    return asking.session(context_of(info.context, info.operation), info)


def page_request(given: dict[str, Any]) -> PageRequest:
    """The page that the arguments ask for; null and absent are the same here."""
    return PageRequest(**{name: given[name] for name in ("first", "after", "last", "before") if name in given})
