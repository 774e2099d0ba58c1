"""The error a task ended with, and the progress it reported: both stored where results are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django_celery_results import codec
from django_celery_results.models import TaskResult
from django_celery_results.policy import redaction
from django_celery_results.policy.access import Action, policy
from django_celery_results.policy.viewer import Viewer
from django_celery_results.states import READY, TaskState, state_of

from . import budget, json_head, payloads, values

_WITH_ERROR = (TaskState.FAILURE, TaskState.RETRY, TaskState.REVOKED, TaskState.REJECTED)
_HUGE = 1e300  # what no float, and so no client, can hold


@dataclass(frozen=True, kw_only=True)
class TaskError:
    """Why a task failed. Message and traceback quote the task's data, and so need a permission."""

    row: TaskResult
    may_read: bool
    """Whether that permission is there."""

    @property
    def type(self) -> str | None:
        return self.row.error_type or _text(self._head.get("exc_type"))

    @property
    def module(self) -> str | None:
        return _text(_described(self.row, self._stored).get("exc_module"))

    def message(self, max_length: int) -> str | None:
        """The exception's message after redaction, cut to a number of characters."""
        values.check_length(max_length)
        if not self.may_read:
            return None
        is_preview = max_length <= values.MAX_PREVIEW and self._stored is not None and not self._stored.is_whole
        described = self._head if max_length <= values.MAX_PREVIEW else _described(self.row, self._stored)
        text = _shown(_message(described, self.row), self.row)
        if text and is_preview and "exc_module" not in described:  # the message may go on behind the head
            text = text[: -values.MARGIN] or redaction.HIDDEN
        return _counted(text and text[:max_length])

    @property
    def traceback(self) -> str | None:
        stored = payloads.stored(self.row, "traceback") if self.may_read else None
        return _counted(_shown(stored.text, self.row)) if stored else None

    @property
    def fingerprint(self) -> str | None:
        return self.row.error_fingerprint

    @cached_property
    def _stored(self) -> payloads.Stored | None:
        return payloads.stored(self.row, "result")

    @cached_property
    def _head(self) -> dict[str, Any]:
        """What describes the exception, as far as the head of a long one tells it."""
        if self._stored is None or self._stored.is_whole:
            return _described(self.row, self._stored)
        is_json = self.row.content_type in codec.JSON and self.row.content_encoding != codec.BINARY
        try:
            found = json_head.decode(self._stored.head) if is_json else None
        except (ValueError, json_head.NameMayFollow):
            return {}
        return found if isinstance(found, dict) else {}


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
    return TaskError(row=row, may_read=policy().may(viewer, Action.VIEW_TRACEBACK, row))


def progress(viewer: Viewer, row: TaskResult) -> TaskProgress | None:
    """What a task that runs stored by `update_state`, if it follows the convention of `current` and `total`."""
    if row.status in READY or not (value := values.result(viewer, row)):
        return None
    told = value.decoded
    current = _number(told.get("current")) if isinstance(told, dict) else None
    if current is None:
        return None
    total = _number(told.get("total"))
    message = _counted(_text(told.get("message") or told.get("status")))
    return TaskProgress(
        current=current,
        total=total,
        percent=_number(100 * current / total) if total else None,
        message=message,
        updated_at=row.date_done,
    )


def _described(row: TaskResult, stored: payloads.Stored | None) -> dict[str, Any]:
    """Celery's JSON form of an exception; empty where the row holds another one."""
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
    budget.check_time()
    shown, _ = policy().redact(text, task_name=row.task_name)
    return codec.clean(str(shown))


def _counted(text: str | None) -> str | None:
    budget.show_bytes(budget.size(text or ""))
    return text


def _text(value: Any) -> str | None:
    return codec.clean(value) if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _HUGE:
        return None
    return float(value)
