"""Task results by id and by filter: the visible rows of a viewer."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from django_celery_results.conf import settings
from django_celery_results.exceptions import InvalidInput
from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action, policy, require
from django_celery_results.policy.viewer import Viewer

from . import filters, lookups
from .conditions import NOTHING
from .filters import TaskResultFilter

HEAVY = ("task_args", "task_kwargs", "result", "traceback", "meta")
"""Columns that may hold megabytes; lists leave out those nobody reads."""


@dataclass(frozen=True, kw_only=True)
class TaskRef:
    """One task, by the row's primary key or by Celery's id: exactly one of the two."""

    id: int | None = None
    task_id: str | None = None

    def condition(self) -> Q:
        if (self.id is None) == (self.task_id is None):
            raise InvalidInput("Name the task by `id` or by `taskId`: exactly one of the two.")
        if self.task_id is not None:
            return lookups.equal("task_id", self.task_id) if lookups.is_storable(self.task_id) else NOTHING
        return Q(pk=self.id)


def visible(viewer: Viewer) -> QuerySet[TaskResult]:
    """Every row this viewer may know of."""
    require(viewer, Action.VIEW)
    return policy().visible(every(), viewer)


def selected(viewer: Viewer, where: TaskResultFilter | None = None) -> QuerySet[TaskResult]:
    """The visible rows that match."""
    rows = visible(viewer)
    if where is None:
        return rows
    for action in filters.needs(where):
        require(viewer, action)
    # Of no database in particular: a subquery is of the same as the query around it.
    runs = policy().visible(TaskResult._default_manager.all(), viewer)
    return rows.alias(**filters.aliases(where, runs)).filter(filters.condition(where))


def every() -> QuerySet[TaskResult]:
    """All rows, whoever may know of them, on the database that lists are read from."""
    alias = settings().database_for_reads
    rows: QuerySet[TaskResult] = TaskResult._default_manager.all()
    return rows.using(alias) if alias else rows
