"""One session with the query room per request, which knows what the document reads."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import budget
from django_celery_results.query.session import Session
from graphql_api.documents import Operation
from graphql_api.engine import Context
from graphql_api.reads import Columns, columns


def session(context: Context, info: GraphQLResolveInfo[Any]) -> Session:
    """The session of this request; refused where the operation's time is over."""
    budget.check_time()
    if Session not in context.memo:
        read = _columns(context, info)
        context.memo[Session] = Session(viewer=context.viewer, columns=read.heavy, light=read.light)
    found: Session = context.memo[Session]
    return found


def viewer(context: Context) -> Viewer:
    """Whoever asks; refused where the operation's time is over."""
    budget.check_time()
    return context.viewer


def orderer(context: Context) -> Viewer:
    """Whoever gives an order, which may change what this request has read so far: all that is read after it is anew."""
    context.memo.pop(Session, None)
    return context.viewer


def _columns(context: Context, info: GraphQLResolveInfo[Any]) -> Columns:
    """Found once for a document that is kept."""
    operation = context.memo.get(Operation)
    if not isinstance(operation, Operation):
        return columns(info)
    if Columns not in operation.memo:
        operation.memo[Columns] = columns(info)
    found: Columns = operation.memo[Columns]
    return found
