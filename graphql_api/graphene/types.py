"""The types of tasks and groups: most fields read an attribute, the others name their resolver."""

from __future__ import annotations

from operator import attrgetter

import graphene
from graphene import Boolean, Field, Float, Int, String

from django_celery_results import models
from django_celery_results.query import global_ids, groups, rows

from . import resolvers
from .descriptions import Interface, ObjectType
from .enums import ChordState, TaskState
from .fields import computed, listed, many, page_arguments
from .inputs import TaskResultFilter, TaskResultOrder
from .scalars import JSON, DateTime
from .value_types import ActionBlocker, Page, SerializedValue, StateCount, TaskError, TaskProgress


class Node(Interface):
    id = graphene.ID(required=True)


class TaskResult(ObjectType):
    class Meta:
        interfaces = (Node,)
        possible_types = (models.TaskResult,)

    id = computed(graphene.ID, global_ids.of_row("TaskResult", "id"), required=True)
    task_id = String(required=True)
    status = String(required=True)
    state = computed(TaskState, rows.state, required=True)
    is_ready = computed(Boolean, rows.is_ready, required=True)
    task_name = String()
    periodic_task_name = String()
    worker = String()
    queue = String()
    args = Field(SerializedValue, resolver=resolvers.args)
    kwargs = Field(SerializedValue, resolver=resolvers.kwargs)
    result = Field(SerializedValue, resolver=resolvers.result)
    error = Field(TaskError, resolver=resolvers.error)
    meta = Field(JSON, resolver=resolvers.meta)
    progress = Field(TaskProgress, resolver=resolvers.progress)
    retries = Int()
    priority = Int()
    group_id = String()
    parent_id = String(name="parentTaskId")
    root_id = String(name="rootTaskId")
    eta = DateTime()
    date_created = DateTime(required=True)
    date_started = DateTime()
    date_done = computed(DateTime, rows.date_done)
    queued_seconds = computed(Float, rows.queued_seconds)
    runtime_seconds = computed(Float, rows.runtime_seconds)
    parent = Field(lambda: TaskResult, resolver=resolvers.parent)
    root = Field(lambda: TaskResult, resolver=resolvers.root_task)
    group = Field(lambda: GroupResult, resolver=resolvers.group)
    retried_from = Field(lambda: TaskResult, resolver=resolvers.retried_from)
    children = Field(lambda: TaskResultConnection, required=True, resolver=resolvers.children, args=page_arguments())
    retried_as = Field(
        lambda: TaskResultConnection, required=True, resolver=resolvers.retried_as, args=page_arguments()
    )
    workflow = Field(
        lambda: TaskWorkflow,
        required=True,
        resolver=resolvers.workflow,
        limit=Int(required=True, default_value=500),
    )
    chord = Field(lambda: ChordProgress, resolver=resolvers.chord_of_task)
    viewer_retry_blockers = many(ActionBlocker, resolver=resolvers.retry_blockers)
    viewer_revoke_blockers = many(ActionBlocker, resolver=resolvers.revoke_blockers)
    admin_url = String(resolver=resolvers.admin_url)


class ChordProgress(ObjectType):
    state = ChordState(required=True)
    total = Int()
    completed_count = Int(required=True)
    remaining_count = Int()
    body_task_id = String()
    body = Field(TaskResult)


class TaskResultEdge(ObjectType):
    cursor = String(required=True)
    node = Field(TaskResult, required=True)


class TaskResultConnection(Page):
    edges = many(TaskResultEdge)
    nodes = computed(listed(TaskResult), attrgetter("rows"))


class TaskWorkflow(ObjectType):
    root_task_id = String(required=True)
    tasks = many(TaskResult)
    is_truncated = Boolean(required=True)
    state_counts = many(StateCount)


class GroupResult(ObjectType):
    class Meta:
        interfaces = (Node,)
        possible_types = (groups.Group,)

    id = computed(graphene.ID, global_ids.of_row("GroupResult"), required=True)
    group_id = String(required=True)
    date_created = DateTime(required=True)
    date_done = DateTime()
    result = Field(SerializedValue, resolver=resolvers.result_of_group)
    size = Int(required=True)
    is_ready = Boolean(required=True)
    is_successful = Boolean(required=True)
    completed_count = Int(required=True)
    state_counts = many(StateCount)
    parent = Field(lambda: GroupResult, resolver=resolvers.parent_of_group)
    parent_task = Field(TaskResult, resolver=resolvers.parent_task_of_group)
    chord = Field(ChordProgress, resolver=resolvers.chord_of_group)
    tasks = Field(
        TaskResultConnection,
        required=True,
        resolver=resolvers.tasks_of_group,
        filter=TaskResultFilter(),
        order_by=TaskResultOrder(),
        args=page_arguments(),
    )


class GroupResultEdge(ObjectType):
    cursor = String(required=True)
    node = Field(GroupResult, required=True)


class GroupResultConnection(Page):
    edges = many(GroupResultEdge)
    nodes = computed(listed(GroupResult), attrgetter("rows"))
