"""One session with the query room per request, which knows what the document reads."""

from __future__ import annotations

from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, GraphQLResolveInfo, OperationDefinitionNode

from django_celery_results.query.session import Session
from graphql_api.engine import Context

_READS = {
    "args": {"task_args"},
    "kwargs": {"task_kwargs"},
    "result": {"result"},
    "meta": {"meta"},
    "progress": {"result"},
    "error": {"result", "traceback"},
}
"""Fields that read large columns."""


def session(context: Context, info: GraphQLResolveInfo[Any]) -> Session:
    """The session of this request."""
    if Session not in context.memo:
        context.memo[Session] = Session(viewer=context.viewer, columns=_columns(info))
    found: Session = context.memo[Session]
    return found


def _columns(info: GraphQLResolveInfo[Any]) -> tuple[str, ...]:
    """Large columns that any selection of the document reads; the others stay in the database."""
    names = _selected([info.operation, *info.fragments.values()])
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
