"""Which tasks a saved group holds, read without unpickling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import codec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .models import GroupResult


def member_ids(group: GroupResult) -> list[str] | None:
    """Ids of the members, nested groups flattened; None where they cannot be read safely."""
    peeked = codec.peek(group.result, group.content_type, group.content_encoding)
    return list(_ids(peeked.value)) if peeked.is_shown else None


def _ids(node: Any) -> Iterator[str]:
    """Celery's result tuple: `[[id, parent], children]`, the children null for a task."""
    match node:
        case [[str() as task_id, _parent], None]:
            yield task_id
        case [[str(), _parent], [*children]]:
            for child in children:
                yield from _ids(child)
