"""The enums of the schema: those of the rooms below, with descriptions."""

from __future__ import annotations

from django_celery_results.actions.outcome import ErrorCode, ItemOutcome
from django_celery_results.actions.registry import ParameterKind
from django_celery_results.actions.retry import RetryScope
from django_celery_results.models import ChordState, OperationState
from django_celery_results.query.ordering import GroupResultOrderField, OrderDirection, TaskResultOrderField
from django_celery_results.query.stats import GroupBy, TimeField, TimeUnit
from django_celery_results.states import TaskState
from graphql_api.enums import ENUMS, TerminateSignal

from .descriptions import enum

__all__ = [
    "ChordState",
    "ErrorCode",
    "GroupBy",
    "GroupResultOrderField",
    "ItemOutcome",
    "OperationState",
    "OrderDirection",
    "ParameterKind",
    "RetryScope",
    "TaskResultOrderField",
    "TaskState",
    "TerminateSignal",
    "TimeField",
    "TimeUnit",
]

for name, known in ENUMS.items():
    enum(known, name=name)
