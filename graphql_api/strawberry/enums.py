"""The enums of the schema: those of the rooms below, with descriptions."""

from __future__ import annotations

from enum import StrEnum

from django_celery_results.actions.outcome import ErrorCode, ItemOutcome
from django_celery_results.actions.retry import RetryScope
from django_celery_results.models import OperationState
from django_celery_results.query.ordering import GroupResultOrderField, OrderDirection, TaskResultOrderField
from django_celery_results.query.stats import GroupBy, TimeField, TimeUnit
from django_celery_results.states import TaskState

from .descriptions import enum

__all__ = [
    "ErrorCode",
    "GroupBy",
    "GroupResultOrderField",
    "ItemOutcome",
    "OperationState",
    "OrderDirection",
    "RetryScope",
    "TaskResultOrderField",
    "TaskState",
    "TerminateSignal",
    "TimeField",
    "TimeUnit",
]


class TerminateSignal(StrEnum):
    """What a running task's process is sent."""

    SIGTERM = "SIGTERM"
    SIGINT = "SIGINT"
    SIGQUIT = "SIGQUIT"
    SIGKILL = "SIGKILL"


for known in (
    ErrorCode,
    GroupResultOrderField,
    OrderDirection,
    RetryScope,
    TaskResultOrderField,
    TaskState,
    TerminateSignal,
):
    enum(known)
enum(GroupBy, name="TaskResultGroupBy")
enum(TimeUnit, name="TimeBucketUnit")
enum(TimeField, name="TaskResultTimeField")
enum(OperationState)
enum(ItemOutcome, name="BulkOutcome")
