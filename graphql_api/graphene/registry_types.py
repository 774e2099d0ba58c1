"""The types of tasks that the Celery app knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import graphene
from graphene import Boolean, Field, Float, Int, String

from django_celery_results.query import aggregates, task_history
from graphql_api import reads
from graphql_api.columns import for_many

from .asking import session
from .descriptions import ObjectType
from .enums import ParameterKind
from .scalars import JSON, Duration
from .stats_types import TaskResultAggregate


class TaskParameter(ObjectType):
    name = String(required=True)
    kind = ParameterKind(required=True)
    annotation = String()
    is_required = Boolean(required=True)
    default = JSON()


@for_many
def _stats(root: Any, info: Any, window: timedelta) -> aggregates.Aggregate:
    return task_history.of_task(session(info), root.name, window, measures=reads.measures(info))


class RegisteredTask(ObjectType):
    name = String(required=True)
    doc = String()
    max_retries = Int()
    rate_limit = String()
    time_limit_seconds = Float()
    signature = graphene.List(graphene.NonNull(TaskParameter))
    stats = Field(
        TaskResultAggregate,
        required=True,
        resolver=_stats,
        window=Duration(required=True, default_value=timedelta(days=1)),
    )
