"""Rows that wait once more, with all that is needed to put them back if nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from django.utils.dateparse import parse_datetime

from django_celery_results import chord_rows
from django_celery_results.chord_rows import Reopened
from django_celery_results.models import TaskResult
from django_celery_results.states import TaskState, pack_attempt

from .composing import next_generation
from .guards import database
from .outcome import ErrorCode, refuse

_CLEARED = (
    "result", "traceback", "meta", "worker", "date_started", "retries", "error_type", "error_fingerprint"
)  # fmt: skip
_DATES = ("date_started", "date_done")
_OUTCOME = (*_CLEARED, "status", "attempt", "date_done", "content_type", "content_encoding")


def reopen(task: TaskResult) -> dict[str, Any]:
    """Let the row wait once more under its id, a generation later; returns what it was."""
    before = _snapshot(task)
    attempt = pack_attempt(generation=next_generation(task))
    rows = TaskResult._default_manager.using(database()).filter(pk=task.pk, status=task.status, attempt=task.attempt)
    if not rows.update(status=TaskState.PENDING, attempt=attempt, **dict.fromkeys(_CLEARED)):
        refuse(ErrorCode.NOT_FINISHED, "The task's state changed a moment ago: look at it again.")
    return before


def reopen_later(task_ids: Iterable[str]) -> list[dict[str, Any]]:
    """The same for tasks that never ran, and failed only because one before them did."""
    failed = TaskResult._default_manager.using(database()).filter(
        task_id__in=list(task_ids), status=TaskState.FAILURE, attempt=None
    )
    before = [_snapshot(row) for row in failed]
    failed.update(status=TaskState.PENDING, **dict.fromkeys(_CLEARED))
    return before


def reopen_parts(parts: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Let chords wait for these members once more."""
    return [_reopen_part(group_id, task_id) for group_id, task_id in parts]


def restore(undo: Mapping[str, Any]) -> None:
    """Put back what `reopen*` returned."""
    for before in undo.get("rows", ()):
        columns = {name: _read(name, value) for name, value in before.items() if name != "task_id"}
        waiting = TaskResult._default_manager.using(database()).filter(
            task_id=before["task_id"], status=TaskState.PENDING
        )
        waiting.update(**columns)
    for part in undo.get("parts", ()):
        chord_rows.undo_reopen(Reopened(**part), using=database())


def _reopen_part(group_id: str, task_id: str) -> dict[str, Any]:
    reopened = chord_rows.reopen_member(group_id, task_id, using=database())
    if reopened is None:
        refuse(ErrorCode.CANNOT_CONTINUE, "Its chord does not wait for this task: retry it with the scope ALONE.")
    return asdict(reopened)


def _snapshot(row: TaskResult) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _OUTCOME}
    dates = {name: values[name].isoformat() for name in _DATES if values[name]}
    return {"task_id": row.task_id} | values | dates


def _read(name: str, value: Any) -> Any:
    return parse_datetime(value) if name in _DATES and value else value
