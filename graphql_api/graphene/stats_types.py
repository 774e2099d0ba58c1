"""The types of statistics."""

from __future__ import annotations

from typing import Any

import graphene
from graphene import Boolean, Field, Float, Int, String

from graphql_api import enums as known
from graphql_api.columns import for_many

from .asking import session
from .descriptions import ObjectType
from .enums import TaskResultGroupBy, TaskResultTimeField, TimeBucketUnit
from .fields import listed, many
from .scalars import DateTime
from .types import TaskResult
from .value_types import StateCount


class RuntimeStats(ObjectType):
    count = Int(required=True)
    min = Float()
    max = Float()
    avg = Float()
    sum = Float()
    percentile = Float(p=Float(required=True))
    is_approximate = Boolean(required=True)

    @staticmethod
    def resolve_percentile(root: Any, info: Any, p: float) -> Any:
        return root.percentile(p)


class TaskResultAggregate(ObjectType):
    count = Int(required=True)
    state_counts = many(StateCount)
    success_rate = Float()
    runtime = Field(RuntimeStats, required=True)
    queued = Field(RuntimeStats, required=True)
    first_seen_at = DateTime()
    last_seen_at = DateTime()


@for_many
def _latest(root: Any, info: Any) -> Any:
    return root.latest(session(info))


class TaskResultBucket(ObjectType):
    keys = graphene.List(String, required=True)
    aggregate = Field(TaskResultAggregate, required=True)
    latest = Field(TaskResult, resolver=_latest)


class TaskResultTimeBucket(ObjectType):
    start = DateTime(required=True)
    end = DateTime(required=True)
    aggregate = Field(TaskResultAggregate, required=True)
    groups = many(TaskResultBucket)


class TaskResultStats(ObjectType):
    total = Field(TaskResultAggregate, required=True)
    groups = many(
        TaskResultBucket,
        by=graphene.Argument(listed(TaskResultGroupBy)),
        top=Int(required=True, default_value=20),
    )
    time_series = many(
        TaskResultTimeBucket,
        unit=TimeBucketUnit(required=True),
        step=Int(required=True, default_value=1),
        field=TaskResultTimeField(required=True, default_value=known.ENUMS["TaskResultTimeField"]["DATE_DONE"]),
        by=TaskResultGroupBy(),
        time_zone=String(required=True, default_value="UTC"),
    )
    is_truncated = Boolean(required=True)

    @staticmethod
    def resolve_groups(root: Any, info: Any, by: list[Any], top: int) -> Any:
        return root.groups(by, top)

    @staticmethod
    def resolve_time_series(
        root: Any, info: Any, unit: Any, step: int, field: Any, time_zone: str, by: Any = None
    ) -> Any:
        return root.time_series(unit, step=step, field=field, by=by, zone=time_zone)
