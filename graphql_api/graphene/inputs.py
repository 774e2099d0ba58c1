"""Input types, and their translation into the frozen values of the rooms below."""

from __future__ import annotations

from typing import Any

import graphene
from graphene.types.inputobjecttype import InputObjectTypeContainer

from graphql_api import enums as known
from graphql_api import inputs

from .descriptions import InputObjectType
from .enums import GroupResultOrderField, OrderDirection, TaskResultOrderField, TaskState
from .scalars import JSON, DateTime, Duration

ID, Boolean, Float, Int, String = graphene.ID, graphene.Boolean, graphene.Float, graphene.Int, graphene.String


def values(kind: Any, **named: Any) -> Any:
    """A list of values, none of them null."""
    return graphene.List(graphene.NonNull(kind), **named)


class StringFilter(InputObjectType):
    eq = String()
    ne = String()
    in_ = values(String, name="in")
    not_in = values(String)
    contains = String()
    starts_with = String()
    ends_with = String()
    i_eq = String()
    i_contains = String()
    i_starts_with = String()
    i_ends_with = String()
    regex = String()
    i_regex = String()
    is_null = Boolean()


class IDFilter(InputObjectType):
    eq = String()
    in_ = values(String, name="in")
    not_in = values(String)
    starts_with = String()


class StateFilter(InputObjectType):
    eq = TaskState()
    ne = TaskState()
    in_ = values(TaskState, name="in")
    not_in = values(TaskState)


class DateTimeFilter(InputObjectType):
    eq = DateTime()
    gt = DateTime()
    gte = DateTime()
    lt = DateTime()
    lte = DateTime()
    is_null = Boolean()
    within_last = Duration()
    older_than = Duration()


class FloatFilter(InputObjectType):
    eq = Float()
    gt = Float()
    gte = Float()
    lt = Float()
    lte = Float()
    is_null = Boolean()


class IntFilter(InputObjectType):
    eq = Int()
    in_ = values(Int, name="in")
    gt = Int()
    gte = Int()
    lt = Int()
    lte = Int()
    is_null = Boolean()


class GlobalIDFilter(InputObjectType):
    eq = ID()
    in_ = values(ID, name="in")
    not_in = values(ID)


class JSONFilter(InputObjectType):
    path = graphene.InputField(graphene.NonNull(values(String)))
    eq = JSON()
    ne = JSON()
    in_ = values(JSON, name="in")
    not_in = values(JSON)
    gt = Float()
    gte = Float()
    lt = Float()
    lte = Float()
    contains = String()
    starts_with = String()
    is_null = Boolean()


class TaskResultFilter(InputObjectType):
    and_ = values(lambda: TaskResultFilter, name="and")
    or_ = values(lambda: TaskResultFilter, name="or")
    not_ = graphene.InputField(lambda: TaskResultFilter, name="not")
    id = GlobalIDFilter()
    task_id = IDFilter()
    task_name = StringFilter()
    periodic_task_name = StringFilter()
    status = StringFilter()
    state = StateFilter()
    is_ready = Boolean()
    worker = StringFilter()
    queue = StringFilter()
    date_created = DateTimeFilter()
    date_started = DateTimeFilter()
    date_done = DateTimeFilter()
    runtime_seconds = FloatFilter()
    retries = IntFilter()
    priority = IntFilter()
    args = StringFilter()
    kwargs = StringFilter()
    result = StringFilter()
    result_json = JSONFilter()
    meta_json = JSONFilter()
    traceback = StringFilter()
    error_type = StringFilter()
    error_fingerprint = StringFilter()
    group_id = IDFilter()
    root_task_id = IDFilter()
    parent_task_id = IDFilter()
    has_parent = Boolean()
    was_retried = Boolean()
    search = String()


class TaskResultOrder(InputObjectType):
    field = TaskResultOrderField(required=True)
    direction = OrderDirection(required=True, default_value=known.ENUMS["OrderDirection"]["DESC"])


class GroupResultFilter(InputObjectType):
    and_ = values(lambda: GroupResultFilter, name="and")
    or_ = values(lambda: GroupResultFilter, name="or")
    not_ = graphene.InputField(lambda: GroupResultFilter, name="not")
    group_id = IDFilter()
    date_created = DateTimeFilter()


class GroupResultOrder(InputObjectType):
    field = GroupResultOrderField(required=True)
    direction = OrderDirection(required=True, default_value=known.ENUMS["OrderDirection"]["DESC"])


class OperationFilter(InputObjectType):
    action = StringFilter()
    actor = StringFilter()
    task_id = IDFilter()
    started_at = DateTimeFilter()
    is_part = Boolean()


class TaskSelector(InputObjectType):
    ids = values(ID)
    task_ids = values(String)
    filter = TaskResultFilter()


class TaskRef(InputObjectType):
    id = ID()
    task_id = String()


def plain(value: Any) -> Any:
    """An input as the rooms below take it; None where none was given."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, InputObjectTypeContainer):
        return value
    given: dict[str, Any] = value
    return inputs.made(value._meta.name, {name: plain(item) for name, item in given.items()})
