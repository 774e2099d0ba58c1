"""A policy that makes the database work, in words that all databases know."""

from __future__ import annotations

from django.db.models import QuerySet

from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Policy
from django_celery_results.policy.viewer import Viewer

_DIGITS = "(" + " UNION ALL ".join(["SELECT 1 AS x"] * 10) + ")"


class Slow(Policy):
    """The rows called "slow" take minutes to look at."""

    power = 12

    def visible(self, queryset: QuerySet[TaskResult], viewer: Viewer) -> QuerySet[TaskResult]:
        digits = ", ".join(f"{_DIGITS} d{number}" for number in range(self.power))
        steps = f"SELECT count(*) FROM {digits} WHERE d0.x + length(task_id) > 0"
        looked_at = f"CASE WHEN task_id LIKE 'slow%%' THEN ({steps}) > 0 ELSE 1 = 1 END"
        return super().visible(queryset, viewer).extra(where=[looked_at])


class Sluggish(Slow):
    """They take a moment."""

    power = 5
