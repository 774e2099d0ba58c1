"""The enums of the schema: those of the rooms below, with descriptions."""

from __future__ import annotations

from django_celery_results.query.ordering import GroupResultOrderField, OrderDirection, TaskResultOrderField
from django_celery_results.states import TaskState

from .descriptions import enum

__all__ = ["GroupResultOrderField", "OrderDirection", "TaskResultOrderField", "TaskState"]

for known in (TaskState, OrderDirection, TaskResultOrderField, GroupResultOrderField):
    enum(known)
