"""Policies that a project could name in the setting `POLICY`."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from django_celery_results.models import GroupResult, Operation, TaskResult
from django_celery_results.policy.access import Action, Policy
from django_celery_results.policy.viewer import Viewer


class TenantPolicy(Policy):
    """Shows a viewer the tasks and groups whose ids begin with the viewer's username."""

    def visible(self, queryset: QuerySet[TaskResult], viewer: Viewer) -> QuerySet[TaskResult]:
        return queryset.filter(task_id__startswith=f"{viewer.username}-")

    def visible_groups(self, queryset: QuerySet[GroupResult], viewer: Viewer) -> QuerySet[GroupResult]:
        return queryset.filter(group_id__startswith=f"{viewer.username}-")


class AuditedTenantPolicy(TenantPolicy):
    """Shows the operations of every tenant to `auditor`, who sees the tasks of `acme`."""

    def visible(self, queryset: QuerySet[TaskResult], viewer: Viewer) -> QuerySet[TaskResult]:
        return queryset.filter(task_id__startswith="acme-")

    def visible_operations(self, queryset: QuerySet[Operation], viewer: Viewer) -> QuerySet[Operation]:
        return queryset if viewer.username == "auditor" else super().visible_operations(queryset, viewer)


class RecordingPolicy(Policy):
    """Records the actions that it was asked for."""

    actions: list[Action] = []

    def may(self, viewer: Viewer, action: Action, task: TaskResult | None = None) -> bool:
        self.actions.append(action)
        return super().may(viewer, action, task)


class GuardedTaskPolicy(Policy):
    """Forbids every action on the task `guarded`, whatever permissions the viewer has."""

    def may(self, viewer: Viewer, action: Action, task: TaskResult | None = None) -> bool:
        return not (task and task.task_id == "guarded") and super().may(viewer, action, task)


class RedactEverythingPolicy(Policy):
    """Redacts every value."""

    def redact(self, value: Any, *, task_name: str | None = None) -> tuple[Any, bool]:
        return "", True
