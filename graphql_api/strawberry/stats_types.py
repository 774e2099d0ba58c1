"""The types of statistics."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from django_celery_results.query import aggregates, durations, stats
from graphql_api.columns import for_many

from .asking import Info, session
from .computed import computed
from .descriptions import described
from .enums import GroupBy, TimeField, TimeUnit
from .types import TaskResult
from .value_types import StateCount


def _percentile(root: strawberry.Parent[durations.RuntimeStats], p: float) -> float | None:
    return root.percentile(p)


@described
@strawberry.type
class RuntimeStats:
    count: int
    min: float | None
    max: float | None
    avg: float | None
    sum: float | None
    percentile: float | None = strawberry.field(resolver=_percentile)
    is_approximate: bool


@described
@strawberry.type
class TaskResultAggregate:
    count: int
    state_counts: list[StateCount]
    success_rate: float | None
    runtime: RuntimeStats
    queued: RuntimeStats
    first_seen_at: datetime | None
    last_seen_at: datetime | None


@for_many
def _latest(root: strawberry.Parent[aggregates.Bucket], info: Info) -> Any:
    return root.latest(session(info))


@described
@strawberry.type
class TaskResultBucket:
    keys: list[str | None]
    aggregate: TaskResultAggregate
    latest: TaskResult | None = strawberry.field(resolver=_latest, graphql_type=TaskResult | None)


@described
@strawberry.type
class TaskResultTimeBucket:
    start: datetime
    end: datetime
    aggregate: TaskResultAggregate
    groups: list[TaskResultBucket]


Stats = strawberry.Parent[stats.Stats]


def _groups(root: Stats, by: list[GroupBy], top: int = 20) -> Any:
    return root.groups(by, top)


def _time_series(
    root: Stats,
    unit: TimeUnit,
    step: int = 1,
    field_: Annotated[TimeField, strawberry.argument(name="field")] = TimeField.DATE_DONE,
    by: GroupBy | None = UNSET,
    time_zone: str = "UTC",
) -> Any:
    return root.time_series(unit, step=step, field=field_, by=by or None, zone=time_zone)


@described
@strawberry.type
class TaskResultStats:
    total: TaskResultAggregate
    groups: list[TaskResultBucket] = strawberry.field(resolver=_groups, graphql_type=list[TaskResultBucket])
    time_series: list[TaskResultTimeBucket] = strawberry.field(
        resolver=_time_series, graphql_type=list[TaskResultTimeBucket]
    )
    is_truncated: bool = computed(lambda found: found.is_truncated)
