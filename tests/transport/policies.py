"""Policies whose SQL keeps the database busy, in SQL that all databases know."""

from __future__ import annotations

from django.db.models import QuerySet

from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Policy
from django_celery_results.policy.viewer import Viewer

_DIGITS = "(" + " UNION ALL ".join(["SELECT 1 AS x"] * 10) + ")"


class EndlessPolicy(Policy):
    """Takes days to decide whether a task named `slow…` is visible. Other tasks are visible at once."""

    digits = 12
    """The database counts to 10 to this power for each such task."""

    def visible(self, queryset: QuerySet[TaskResult], viewer: Viewer) -> QuerySet[TaskResult]:
        tables = ", ".join(f"{_DIGITS} d{number}" for number in range(self.digits))
        count = f"SELECT count(*) FROM {tables} WHERE d0.x + length(task_id) > 0"
        condition = f"CASE WHEN task_id LIKE 'slow%%' THEN ({count}) > 0 ELSE 1 = 1 END"
        return super().visible(queryset, viewer).extra(where=[condition])


class SlowPolicy(EndlessPolicy):
    """Takes some milliseconds for each such task."""

    digits = 5
