"""Policies of the kinds that projects write; tests name them in the setting POLICY."""

from typing import Any

from django.db.models import QuerySet

from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action, Policy
from django_celery_results.policy.viewer import Viewer


class OwnQueueOnly(Policy):
    """Show each viewer only the tasks of the queue that has their username."""

    def visible(self, queryset: QuerySet[TaskResult], viewer: Viewer) -> QuerySet[TaskResult]:
        return queryset.filter(queue=viewer.username)


class NoRetryOfFailFirst(Policy):
    """Forbid to retry the task `fail_first`."""

    def may(self, viewer: Viewer, action: Action, task: Any = None) -> bool:
        if action is Action.RETRY and task is not None and task.task_name == "tests.tasks.fail_first":
            return False
        return super().may(viewer, action, task)


class RedactsEverything(Policy):
    """Hide every value as a whole."""

    def redact(self, value: Any, *, task_name: str | None = None) -> tuple[Any, bool]:
        return None, True


class OnlyLater(Policy):
    """A retry may be put off, and nothing else about it be changed; one task is run as it was sent, or not at all."""

    def may_override(self, viewer: Viewer, overrides: Any, task: Any = None) -> bool:
        if task is not None and task.task_id == "protected":
            return False
        return set(overrides) <= {"countdown", "eta"} and super().may_override(viewer, overrides, task)
