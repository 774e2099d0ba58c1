"""Policies that projects might write."""

from typing import Any

from django.db.models import QuerySet

from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action, Policy
from django_celery_results.policy.viewer import Viewer


class OnlyOwnQueue(Policy):
    """Each viewer sees the tasks of the queue that is called like them."""

    def visible(self, queryset: QuerySet[TaskResult], viewer: Viewer) -> QuerySet[TaskResult]:
        return queryset.filter(queue=viewer.username)


class NothingTwice(Policy):
    """Tasks of one name are never run again."""

    def may(self, viewer: Viewer, action: Action, task: Any = None) -> bool:
        if action is Action.RETRY and task is not None and task.task_name == "tests.tasks.fail_first":
            return False
        return super().may(viewer, action, task)


class ShowsNothing(Policy):
    """Every value is hidden whole."""

    def redact(self, value: Any, *, task_name: str | None = None) -> tuple[Any, bool]:
        return None, True
