"""The error a task ended with, and the progress it reported: both stored where results are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django_celery_results import codec
from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action, policy
from django_celery_results.policy.viewer import Viewer
from django_celery_results.states import READY, TaskState, state_of

from . import payloads, values

_WITH_ERROR = (TaskState.FAILURE, TaskState.RETRY, TaskState.REVOKED, TaskState.REJECTED)
_HUGE = 1e300  # what no float, and so no client, can hold


@dataclass(frozen=True, kw_only=True)
class TaskError:
    """Why a task failed. Message and traceback quote the task's data, and so need a permission."""

    type: str | None
    module: str | None
    message: str | None
    traceback: str | None
    fingerprint: str | None


@dataclass(frozen=True, kw_only=True)
class TaskProgress:
    """How far a running task says it is."""

    current: float
    total: float | None
    percent: float | None
    message: str | None
    updated_at: datetime


def error(viewer: Viewer, row: TaskResult) -> TaskError | None:
    """The error of a task that has one."""
    if state_of(row.status) not in _WITH_ERROR:
        return None
    described = _described(row)
    may_read = policy().may(viewer, Action.VIEW_TRACEBACK, row)
    trace = payloads.stored(row, "traceback") if may_read else None
    return TaskError(
        type=row.error_type or _text(described.get("exc_type")),
        module=_text(described.get("exc_module")),
        message=_shown(_message(described, row), row) if may_read else None,
        traceback=_shown(trace.text, row) if trace else None,
        fingerprint=row.error_fingerprint,
    )


def progress(viewer: Viewer, row: TaskResult) -> TaskProgress | None:
    """What a task that runs stored by `update_state`, if it follows the convention of `current` and `total`."""
    if row.status in READY or not (value := values.result(viewer, row)):
        return None
    told = value.json()
    current = _number(told.get("current")) if isinstance(told, dict) else None
    if current is None:
        return None
    total = _number(told.get("total"))
    return TaskProgress(
        current=current,
        total=total,
        percent=_number(100 * current / total) if total else None,
        message=_text(told.get("message") or told.get("status")),
        updated_at=row.date_done,
    )


def _described(row: TaskResult) -> dict[str, Any]:
    """Celery's JSON form of an exception; empty where the row holds another one."""
    stored = payloads.stored(row, "result")
    peeked = codec.peek(stored.text, row.content_type, row.content_encoding) if stored else codec.Peek()
    return peeked.value if isinstance(peeked.value, dict) else {}


def _message(described: dict[str, Any], row: TaskResult) -> str | None:
    """Celery stores the exception's arguments, one for most; a secret may be one, and the one before it its name."""
    told, _ = policy().redact(described.get("exc_message"), task_name=row.task_name)
    parts = told if isinstance(told, list) else [told]
    return ", ".join(str(part) for part in parts) if told is not None else None


def _shown(text: str | None, row: TaskResult) -> str | None:
    if text is None:
        return None
    shown, _ = policy().redact(text, task_name=row.task_name)
    return codec.clean(str(shown))


def _text(value: Any) -> str | None:
    return codec.clean(value) if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _HUGE:
        return None
    return float(value)
