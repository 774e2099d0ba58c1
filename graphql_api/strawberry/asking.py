"""How resolvers reach the query room, in our engine as in a project's own schema, whose context is its own."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry import UNSET

from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.pages import PageRequest
from django_celery_results.query.session import Session
from graphql_api import asking
from graphql_api.contexts import context_of
from graphql_api.engine import Context

Info = strawberry.Info[Any, None]


def context(info: Info) -> Context:
    """What is known of the request."""
    return context_of(info.context, info._raw_info.operation)


def viewer(info: Info) -> Viewer:
    """Whoever asks."""
    return asking.viewer(context(info))


def orderer(info: Info) -> Viewer:
    """Whoever gives an order."""
    return asking.orderer(context(info))


def session(info: Info) -> Session:
    """The session of this request."""
    return asking.session(context(info), info._raw_info)


def page_request(first: int | None, after: str | None, last: int | None, before: str | None) -> PageRequest:
    """Null and absent are the same here: clients send the variables of a first page so."""
    given = {"first": first, "after": after, "last": last, "before": before}
    return PageRequest(**{name: value for name, value in given.items() if value is not UNSET})  # type: ignore[arg-type]
