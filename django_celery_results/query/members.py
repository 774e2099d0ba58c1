"""The task ids of a saved group, out of the result tuple that Celery stored for it."""

from __future__ import annotations

from typing import Any

from django_celery_results import codec
from django_celery_results.models import GroupResult

_MAX_DEPTH = 50


def members(row: GroupResult) -> tuple[str, ...] | None:
    """In the order of the group, nested groups unfolded; None where the tuple is not JSON, and so cannot be read."""
    peeked = codec.peek(row.result, row.content_type, row.content_encoding)
    found: dict[str, None] = {}
    if not peeked.is_shown or not _collect(peeked.value, found):
        return None
    return tuple(found)


def _collect(node: Any, found: dict[str, None], depth: int = 0) -> bool:
    """A node is `[[id, parent], children]`, in which a single task has no children."""
    if depth > _MAX_DEPTH or not isinstance(node, list) or len(node) != 2:
        return False
    head, children = node
    if children is not None:
        return isinstance(children, list) and all(_collect(child, found, depth + 1) for child in children)
    task_id = head[0] if isinstance(head, list) and head else head
    if not isinstance(task_id, str):
        return False
    found[task_id] = None
    return True
