"""Create stored tasks, groups and chords without a worker."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import states
from django.db.models import Model
from django.utils import timezone

from django_celery_results.message_codec import Message, encode
from django_celery_results.models import Chord, GroupResult, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.query.tasks import TaskRef
from tests.celery_app import app
from tests.tasks import fail_first

START = datetime(2026, 1, 1, tzinfo=UTC)
QUEUE = "dcr-tests-nobody-reads"
"""The queue that retries of failed tasks are published to; no worker reads it, but every process has this name."""

DATES = ("date_created", "date_done")


def at(seconds: float) -> datetime:
    """Return a moment, in seconds after the beginning of 2026."""
    return START + timedelta(seconds=seconds)


def days_ago(days: float) -> datetime:
    """Return the moment that lies so many days in the past."""
    return timezone.now() - timedelta(days=days)


def create_task(task_id: str = "one", status: str = "SUCCESS", **columns: Any) -> TaskResult:
    """Create a row; dates that Django would set by itself are taken as they are given."""
    return _create(TaskResult, task_id=task_id, status=status, **columns)


def create_tasks(count: int, **columns: Any) -> list[TaskResult]:
    """Create rows `t0`, `t1`, … a second apart."""
    return [create_task(f"t{number}", date_created=at(number), **columns) for number in range(count)]


def create_group(group_id: str, task_ids: Sequence[str], **columns: Any) -> GroupResult:
    """Create a saved group of tasks, in the shape that Celery stores."""
    members = [[[task_id, None], None] for task_id in task_ids]
    return _create(GroupResult, group_id=group_id, result=json.dumps([[group_id, None], members]), **columns)


def create_chord(group_id: str, state: str, **columns: Any) -> Chord:
    """Create a chord in this state."""
    return _create(Chord, group_id=group_id, state=state, **columns)


def create_failed_task(task_id: str = "failed", *args: Any, status: str = states.FAILURE, **changes: Any) -> TaskResult:
    """Create a row and its message, as a worker leaves them; `changes` are fields of the message."""
    fields: dict[str, Any] = {
        "task_name": fail_first.name,
        "serializer": "json",
        "args": list(args),
        "kwargs": {},
        "options": {"delivery": {"exchange": "", "routing_key": QUEUE}},
    }
    message = Message(**(fields | changes))
    encode(app, task_id, message).save(force_insert=True)
    return TaskResult.objects.create(task_id=task_id, task_name=message.task_name, status=status, queue=QUEUE)


def create_failed_tasks(count: int) -> list[TaskResult]:
    """Create `failed-000`, `failed-001`, … with their messages."""
    return [create_failed_task(f"failed-{number:03}") for number in range(count)]


def task_ref(task: TaskResult | str) -> TaskRef:
    """Return the reference by which actions name a task."""
    return TaskRef(task_id=task if isinstance(task, str) else task.task_id)


def set_dates(row: Model, **dates: datetime) -> None:
    """Write dates that Django sets by itself when a row is saved."""
    row._meta.model._base_manager.filter(pk=row.pk).update(**dates)


def _create(model: type[Any], **columns: Any) -> Any:
    dates = {name: columns.pop(name) for name in DATES if name in columns}
    if model is not Chord:
        columns = {"content_type": "application/json", "content_encoding": "utf-8", **columns}
    row = model._base_manager.create(**columns)
    if dates:
        set_dates(row, **dates)
        row.refresh_from_db()
    return row


class ServiceAccount:
    """A program as an `AUTHENTICATE` of a project may return it: it has a name and permissions, and no primary key."""

    is_authenticated = is_active = True
    pk = None

    def __init__(self, name: str, *permissions: Action) -> None:
        self.name = name
        self.permissions = {action.permission for action in permissions}

    def get_username(self) -> str:
        return self.name

    def has_perm(self, permission: str, obj: Any = None) -> bool:
        return permission in self.permissions
