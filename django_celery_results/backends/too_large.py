"""The state of a task whose result is too large for the database: stored all the same, and saying what is missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from celery import states
from celery.utils.log import get_logger

from django_celery_results import message, oversized
from django_celery_results.exceptions import ResultTooLarge
from django_celery_results.state_changes import Companion, StateChange

logger = get_logger(__name__)
REFUSED = "refused"
"""The key of a task's meta that says how many characters of which column the database refused."""

Write = tuple[StateChange, Companion | None, message.Change | None]


def fitting(
    backend: Any,
    change: StateChange,
    alias: str,
    companion: Companion | None,
    record: message.Change | None,
    error: Exception,
) -> Write | None:
    """What can be written of a write that failed since a part of it is too large; None if that was not the reason."""
    refused = [
        oversized.is_refused(_texts(change.known.values()), alias, error),
        companion is not None and oversized.is_refused(_of_part(companion), alias, error),
        isinstance(record, message.Keep) and oversized.is_refused([record.record.body], alias, error),
    ]
    if not any(refused):
        return None
    logger.error("The database refuses what task %s is to store as too large: %s", change.task_id, error)
    return (
        _smaller(backend, change) if refused[0] else change,
        companion.smaller if companion and refused[1] else companion,
        record.without_body() if isinstance(record, message.Keep) and refused[2] else record,
    )


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _of_part(companion: Companion) -> list[str]:
    return _texts(companion.parameters) if companion.smaller else []


def _smaller(backend: Any, change: StateChange) -> StateChange:
    """Without the texts that are large. What the row says of its task, and how the task ended, stays."""
    known = change.known
    sizes = {name: len(text) for name, text in known.items() if oversized.is_large(text)}
    kept: dict[str, Any] = {name: None if name in sizes else value for name, value in known.items()}
    if "result" in sizes:
        failed = change.status in states.EXCEPTION_STATES
        result = backend.prepare_exception(ResultTooLarge()) if failed else None
        kept |= dict(zip(("content_type", "content_encoding", "result"), backend.encode_content(result), strict=True))
    meta = backend._decode_meta(SimpleNamespace(**{"meta": None, **known})) if "meta" not in sizes else {}
    kept["meta"] = backend._encode_beside({"children": [], **meta, REFUSED: sizes})
    return change._replace(known=kept)
