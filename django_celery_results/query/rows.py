"""What a task's row says beyond its columns: state, readiness, durations."""

from __future__ import annotations

from datetime import datetime, timedelta

from django_celery_results.models import TaskResult
from django_celery_results.states import READY, TaskState, state_of

_SECOND = timedelta(seconds=1)


def state(row: TaskResult) -> TaskState:
    return state_of(row.status)


def is_ready(row: TaskResult) -> bool:
    """Whether it is finished, in Celery's sense."""
    return row.status in READY


def date_done(row: TaskResult) -> datetime | None:
    """The column moves while a task runs, and means something in a final state only."""
    return row.date_done if row.status in READY else None


def queued_seconds(row: TaskResult) -> float | None:
    """From the row's creation to the start; clocks of two machines may disagree, a wait is never negative."""
    return max((row.date_started - row.date_created) / _SECOND, 0.0) if row.date_started else None


def runtime_seconds(row: TaskResult) -> float | None:
    """From the start to the end."""
    done = date_done(row)
    return (done - row.date_started) / _SECOND if done and row.date_started else None
