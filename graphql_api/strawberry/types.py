"""Object types. Their fields read attributes of the values that the query room returns; the few others call it."""

from datetime import datetime
from typing import Any

import strawberry
from strawberry import relay

from django_celery_results import models
from django_celery_results.query import rows
from graphql_api import global_ids

from .computed import computed
from .descriptions import described
from .enums import TaskState


def _task_id(root: models.TaskResult) -> str:
    return global_ids.encode("TaskResult", root.pk)


@described
@strawberry.type
class TaskResult(relay.Node):
    # Declared, since strawberry otherwise evaluates all annotations again for every `id` of every row.
    pk: relay.NodeID[int]
    _id: strawberry.ID = computed(_task_id, name="id")
    task_id: str
    status: str
    state: TaskState = computed(rows.state)
    is_ready: bool = computed(rows.is_ready)
    task_name: str | None
    periodic_task_name: str | None
    worker: str | None
    queue: str | None
    retries: int | None
    priority: int | None
    group_id: str | None
    parent_id: str | None = strawberry.field(name="parentTaskId")
    root_id: str | None = strawberry.field(name="rootTaskId")
    eta: datetime | None
    date_created: datetime
    date_started: datetime | None
    date_done: datetime | None = computed(rows.date_done)
    queued_seconds: float | None = computed(rows.queued_seconds)
    runtime_seconds: float | None = computed(rows.runtime_seconds)

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return isinstance(value, models.TaskResult)


@described
@strawberry.type
class TaskResultEdge:
    cursor: str
    node: TaskResult


@described
@strawberry.type
class TaskResultConnection:
    edges: list[TaskResultEdge]
    rows: list[TaskResult] = strawberry.field(name="nodes")
    page_info: relay.PageInfo
