"""Rows of any age."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.utils import timezone

from django_celery_results.models import Chord, TaskResult

Make = Callable[..., Any]


def _aged(row: Model, days: float, *dates: str) -> Any:
    row._meta.model._base_manager.filter(pk=row.pk).update(
        **dict.fromkeys(dates, timezone.now() - timedelta(days=days))
    )
    return row


@pytest.fixture
def make_task() -> Make:
    def make(task_id: str, status: str = "SUCCESS", days: float = 0, **columns: Any) -> TaskResult:
        return _aged(TaskResult.objects.create(task_id=task_id, status=status, **columns), days, "date_done")

    return make


@pytest.fixture
def make_chord() -> Make:
    def make(group_id: str, state: str, days: float = 0) -> Chord:
        return _aged(Chord.objects.create(group_id=group_id, state=state), days, "date_created")

    return make


@pytest.fixture
def aged() -> Make:
    return _aged
