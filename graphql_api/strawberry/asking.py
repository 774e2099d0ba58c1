"""How resolvers reach the query room: one session per request, which knows what the document reads."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode
from strawberry import UNSET

from django_celery_results.query.pages import PageRequest
from django_celery_results.query.session import Session
from graphql_api.engine import Context

Info = strawberry.Info[Context, None]

_READS = {
    "args": {"task_args"},
    "kwargs": {"task_kwargs"},
    "result": {"result"},
    "meta": {"meta"},
    "progress": {"result"},
    "error": {"result", "traceback"},
}
"""Fields that read large columns."""


def session(info: Info) -> Session:
    """The session of this request."""
    memo = info.context.memo
    if Session not in memo:
        memo[Session] = Session(viewer=info.context.viewer, columns=_columns(info))
    found: Session = memo[Session]
    return found


def _columns(info: Info) -> tuple[str, ...]:
    """Large columns that any selection of the document reads; the others stay in the database."""
    raw = info._raw_info
    names = _selected([raw.operation, *raw.fragments.values()])
    return tuple(sorted({column for name, columns in _READS.items() if name in names for column in columns}))


def _selected(nodes: list[Any]) -> set[str]:
    # The document, not what it expands to: fragments are walked once, however often they are spread.
    names: set[str] = set()
    while nodes:
        node = nodes.pop()
        if isinstance(node, FieldNode):
            names.add(node.name.value)
        if isinstance(node, FragmentDefinitionNode | OperationDefinitionNode) or getattr(node, "selection_set", None):
            nodes.extend(node.selection_set.selections)
    return names


def page_request(first: int | None, after: str | None, last: int | None, before: str | None) -> PageRequest:
    """Null and absent are the same here: clients send the variables of a first page so."""
    given = {"first": first, "after": after, "last": last, "before": before}
    return PageRequest(**{name: value for name, value in given.items() if value is not UNSET})  # type: ignore[arg-type]
