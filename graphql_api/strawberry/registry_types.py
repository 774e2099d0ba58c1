"""The types of tasks that the Celery app knows."""

from __future__ import annotations

from datetime import timedelta

import strawberry

from django_celery_results.actions import registry
from django_celery_results.query import aggregates, task_history
from graphql_api import reads
from graphql_api.columns import for_many

from .asking import Info, session
from .descriptions import described
from .enums import ParameterKind
from .scalars import JSON
from .stats_types import TaskResultAggregate
from .types import asked


@described
@strawberry.type
class TaskParameter:
    name: str
    kind: ParameterKind
    annotation: str | None
    is_required: bool
    default: JSON | None


@for_many
def _stats(
    root: strawberry.Parent[registry.RegisteredTask], info: Info, window: timedelta = timedelta(days=1)
) -> aggregates.Aggregate:
    return task_history.of_task(session(info), root.name, window, measures=reads.measures(info._raw_info))


@described
@strawberry.type
class RegisteredTask:
    name: str
    doc: str | None
    max_retries: int | None
    rate_limit: str | None
    time_limit_seconds: float | None
    signature: list[TaskParameter] | None
    stats: TaskResultAggregate = asked(_stats, TaskResultAggregate)
