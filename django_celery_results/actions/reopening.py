"""Rows that wait once more, with all that is needed to put them back if nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
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


def reopen(tasks: Sequence[TaskResult]) -> dict[int, dict[str, Any]]:
    """Let the rows wait once more under their ids, a generation later; returns what they were, by primary key."""
    rows = TaskResult._default_manager.using(database()).filter(pk__in=[task.pk for task in tasks])
    before = dict(_snapshots(rows))
    runs: dict[tuple[str, int | None], list[TaskResult]] = {}
    for task in tasks:
        runs.setdefault((task.status, task.attempt), []).append(task)
    for (status, attempt), alike in runs.items():
        reopened = pack_attempt(generation=next_generation(alike[0]))
        waiting = rows.filter(pk__in=[task.pk for task in alike], status=status, attempt=attempt)
        if waiting.update(status=TaskState.PENDING, attempt=reopened, **dict.fromkeys(_CLEARED)) != len(alike):
            refuse(ErrorCode.NOT_FINISHED, "The task's state changed a moment ago: look at it again.")
    return before


def reopen_later(task_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The same for tasks that never ran, and failed only because one before them did; by task id."""
    if not task_ids:
        return {}
    failed = TaskResult._default_manager.using(database()).filter(
        task_id__in=task_ids, status=TaskState.FAILURE, attempt=None
    )
    before = {str(values["task_id"]): values for _, values in _snapshots(failed)}
    failed.update(status=TaskState.PENDING, **dict.fromkeys(_CLEARED))
    return before


def reopen_parts(parts: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Let chords wait for these members once more; by group id and task id."""
    reopened = chord_rows.reopen_members(parts, using=database()) if parts else {}
    if not reopened.keys() >= set(parts):
        refuse(ErrorCode.CANNOT_CONTINUE, "Its chord does not wait for this task: retry it with the scope ALONE.")
    return {part: asdict(found) for part, found in reopened.items()}


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


def _snapshots(rows: QuerySet[TaskResult]) -> Iterator[tuple[int, dict[str, Any]]]:
    for values in rows.values("pk", "task_id", *_OUTCOME):
        dates = {name: values[name].isoformat() for name in _DATES if values[name]}
        yield values.pop("pk"), values | dates


def _read(name: str, value: Any) -> Any:
    return parse_datetime(value) if name in _DATES and value else value
