"""The types of tasks and groups: most fields read an attribute, the others name their resolver.

No postponed annotations here: strawberry must see which of them is the node's id.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import relay

from django_celery_results import models
from django_celery_results.query import global_ids, groups, rows

from . import resolvers
from .computed import computed
from .descriptions import described
from .enums import ChordState, TaskState
from .scalars import JSON
from .value_types import (
    ActionBlocker,
    BoundedCount,
    SerializedValue,
    StateCount,
    TaskError,
    TaskProgress,
    bounded_count,
)

# What is defined further down, as strawberry looks it up.
_Task = Annotated["TaskResult", strawberry.lazy(".types")] | None
_Tasks = Annotated["TaskResultConnection", strawberry.lazy(".types")]
_Workflow = Annotated["TaskWorkflow", strawberry.lazy(".types")]
_Group = Annotated["GroupResult", strawberry.lazy(".types")] | None


def asked(resolver: Callable[..., Any], graphql_type: Any, *, name: str | None = None) -> Any:
    """A field with a resolver, whose Python type is that of the room below."""
    return strawberry.field(resolver=resolver, graphql_type=graphql_type, name=name)


@described
@strawberry.type
class ChordProgress:
    state: ChordState
    total: int | None
    completed_count: int
    remaining_count: int | None
    body_task_id: str | None
    body: _Task


@described
@strawberry.type
class TaskResult(relay.Node):
    # Declared, since strawberry otherwise evaluates all annotations again for every `id` of every row.
    pk: relay.NodeID[int]
    _id: strawberry.ID = computed(global_ids.of_row("TaskResult", "id"), name="id")
    task_id: str
    status: str
    state: TaskState = computed(rows.state)
    is_ready: bool = computed(rows.is_ready)
    task_name: str | None
    periodic_task_name: str | None
    worker: str | None
    queue: str | None
    args: SerializedValue | None = asked(resolvers.args, SerializedValue | None)
    kwargs: SerializedValue | None = asked(resolvers.kwargs, SerializedValue | None)
    result: SerializedValue | None = asked(resolvers.result, SerializedValue | None)
    error: TaskError | None = asked(resolvers.error, TaskError | None)
    meta: JSON | None = asked(resolvers.meta, JSON | None)
    progress: TaskProgress | None = asked(resolvers.progress, TaskProgress | None)
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
    parent: _Task = asked(resolvers.parent, _Task)
    root: _Task = asked(resolvers.root_task, _Task)
    group: _Group = asked(resolvers.group, _Group)
    source: _Task = asked(resolvers.retried_from, _Task, name="retriedFrom")
    children: _Tasks = asked(resolvers.children, _Tasks)
    retried_as: _Tasks = asked(resolvers.retried_as, _Tasks)
    workflow: _Workflow = asked(resolvers.workflow, _Workflow)
    chord: ChordProgress | None = asked(resolvers.chord_of_task, ChordProgress | None)
    viewer_retry_blockers: list[ActionBlocker] = asked(resolvers.retry_blockers, list[ActionBlocker])
    viewer_revoke_blockers: list[ActionBlocker] = asked(resolvers.revoke_blockers, list[ActionBlocker])
    admin_url: str | None = strawberry.field(resolver=resolvers.admin_url)

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
    total_count: int
    count: BoundedCount = asked(bounded_count, BoundedCount)


@described
@strawberry.type
class TaskWorkflow:
    root_task_id: str
    tasks: list[TaskResult]
    is_truncated: bool
    state_counts: list[StateCount]


@described
@strawberry.type
class GroupResult(relay.Node):
    pk: relay.NodeID[int]
    _id: strawberry.ID = computed(global_ids.of_row("GroupResult"), name="id")
    group_id: str
    date_created: datetime
    date_done: datetime | None
    result: SerializedValue | None = asked(resolvers.result_of_group, SerializedValue | None)
    size: int
    is_ready: bool
    is_successful: bool
    completed_count: int
    state_counts: list[StateCount]
    parent: _Group = asked(resolvers.parent_of_group, _Group)
    parent_task: TaskResult | None = asked(resolvers.parent_task_of_group, TaskResult | None)
    chord: ChordProgress | None = asked(resolvers.chord_of_group, ChordProgress | None)
    tasks: TaskResultConnection = asked(resolvers.tasks_of_group, TaskResultConnection)

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return isinstance(value, groups.Group)


@described
@strawberry.type
class GroupResultEdge:
    cursor: str
    node: GroupResult


@described
@strawberry.type
class GroupResultConnection:
    edges: list[GroupResultEdge]
    rows: list[GroupResult] = strawberry.field(name="nodes")
    page_info: relay.PageInfo
    total_count: int
    count: BoundedCount = asked(bounded_count, BoundedCount)
