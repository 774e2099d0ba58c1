"""The task ids of a saved group and what it came after, out of the result tuple that Celery stored for it."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Parent:
    """What came before a group in its chain: one task, or another group."""

    id: str
    is_group: bool


def parent(row: GroupResult) -> Parent | None:
    """None where the group came first, or where its tuple cannot be read."""
    value = codec.peek(row.result, row.content_type, row.content_encoding).value
    head = value[0] if isinstance(value, list) and value else None
    before = head[1] if isinstance(head, list) and len(head) == 2 else None
    if not isinstance(before, list) or len(before) != 2:
        return None
    known = before[0][0] if isinstance(before[0], list) and before[0] else before[0]
    return Parent(id=codec.clean(known), is_group=before[1] is not None) if isinstance(known, str) else None


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
    found[codec.clean(task_id)] = None  # as its row is called
    return True
