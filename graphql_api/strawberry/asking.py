"""How resolvers reach the query room."""

from __future__ import annotations

import strawberry
from strawberry import UNSET

from django_celery_results.query.pages import PageRequest
from django_celery_results.query.session import Session
from graphql_api import asking
from graphql_api.engine import Context

Info = strawberry.Info[Context, None]


def session(info: Info) -> Session:
    """The session of this request."""
    return asking.session(info.context, info._raw_info)


def page_request(first: int | None, after: str | None, last: int | None, before: str | None) -> PageRequest:
    """Null and absent are the same here: clients send the variables of a first page so."""
    given = {"first": first, "after": after, "last": last, "before": before}
    return PageRequest(**{name: value for name, value in given.items() if value is not UNSET})  # type: ignore[arg-type]
