"""Stored tasks and groups, as tests wish them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django_celery_results.models import GroupResult, TaskResult

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """A moment, in seconds from a beginning."""
    return START + timedelta(seconds=seconds)


def task(task_id: str, *, status: str = "SUCCESS", **columns: Any) -> TaskResult:
    """A row; dates that Django would set by itself are taken as they are given."""
    dates = {name: columns.pop(name) for name in ("date_created", "date_done") if name in columns}
    columns = {"content_type": "application/json", "content_encoding": "utf-8", **columns}
    row = TaskResult.objects.create(task_id=task_id, status=status, **columns)
    if dates:
        TaskResult.objects.filter(pk=row.pk).update(**dates)
        row.refresh_from_db()
    return row


def tasks(count: int, **columns: Any) -> list[TaskResult]:
    """Rows `t0`, `t1`, … created a second apart."""
    return [task(f"t{number}", date_created=at(number), **columns) for number in range(count)]


def group(group_id: str, task_ids: Sequence[str], **columns: Any) -> GroupResult:
    """A saved group of tasks, in the shape that Celery stores."""
    members = [[[task_id, None], None] for task_id in task_ids]
    columns = {"content_type": "application/json", "content_encoding": "utf-8", **columns}
    return GroupResult.objects.create(group_id=group_id, result=json.dumps([[group_id, None], members]), **columns)
