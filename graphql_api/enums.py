"""The enums of the schema, by their names there: those of the rooms below."""

from __future__ import annotations

from enum import Enum, StrEnum

from django_celery_results.actions.outcome import ErrorCode, ItemOutcome
from django_celery_results.actions.registry import ParameterKind
from django_celery_results.actions.retry import RetryScope
from django_celery_results.models import ChordState, OperationState
from django_celery_results.query.ordering import GroupResultOrderField, OrderDirection, TaskResultOrderField
from django_celery_results.query.stats import GroupBy, TimeField, TimeUnit
from django_celery_results.states import TaskState


class TerminateSignal(StrEnum):
    """What a running task's process is sent."""

    SIGTERM = "SIGTERM"
    SIGINT = "SIGINT"
    SIGQUIT = "SIGQUIT"
    SIGKILL = "SIGKILL"


ENUMS: dict[str, type[Enum]] = {
    "BulkOutcome": ItemOutcome,
    "ChordState": ChordState,
    "ErrorCode": ErrorCode,
    "GroupResultOrderField": GroupResultOrderField,
    "OperationState": OperationState,
    "OrderDirection": OrderDirection,
    "ParameterKind": ParameterKind,
    "RetryScope": RetryScope,
    "TaskResultGroupBy": GroupBy,
    "TaskResultOrderField": TaskResultOrderField,
    "TaskResultTimeField": TimeField,
    "TaskState": TaskState,
    "TerminateSignal": TerminateSignal,
    "TimeBucketUnit": TimeUnit,
}
