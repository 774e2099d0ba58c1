"""Input types, and their translation into the frozen values of the rooms below."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from graphql_api import inputs

from .descriptions import described
from .enums import GroupResultOrderField, OrderDirection, TaskResultOrderField, TaskState
from .scalars import JSON


def named(name: str) -> Any:
    """An optional input field whose name is a word of Python."""
    return strawberry.field(name=name, default=UNSET)


@described
@strawberry.input
class StringFilter:
    eq: str | None = UNSET
    ne: str | None = UNSET
    in_: list[str] | None = named("in")
    not_in: list[str] | None = UNSET
    contains: str | None = UNSET
    starts_with: str | None = UNSET
    ends_with: str | None = UNSET
    i_eq: str | None = UNSET
    i_contains: str | None = UNSET
    i_starts_with: str | None = UNSET
    i_ends_with: str | None = UNSET
    regex: str | None = UNSET
    i_regex: str | None = UNSET
    is_null: bool | None = UNSET


@described
@strawberry.input(name="IDFilter")
class IDFilter:
    eq: str | None = UNSET
    in_: list[str] | None = named("in")
    not_in: list[str] | None = UNSET
    starts_with: str | None = UNSET


@described
@strawberry.input
class StateFilter:
    eq: TaskState | None = UNSET
    ne: TaskState | None = UNSET
    in_: list[TaskState] | None = named("in")
    not_in: list[TaskState] | None = UNSET


@described
@strawberry.input
class DateTimeFilter:
    eq: datetime | None = UNSET
    gt: datetime | None = UNSET
    gte: datetime | None = UNSET
    lt: datetime | None = UNSET
    lte: datetime | None = UNSET
    is_null: bool | None = UNSET
    within_last: timedelta | None = UNSET
    older_than: timedelta | None = UNSET


@described
@strawberry.input
class FloatFilter:
    eq: float | None = UNSET
    gt: float | None = UNSET
    gte: float | None = UNSET
    lt: float | None = UNSET
    lte: float | None = UNSET
    is_null: bool | None = UNSET


@described
@strawberry.input
class IntFilter:
    eq: int | None = UNSET
    in_: list[int] | None = named("in")
    gt: int | None = UNSET
    gte: int | None = UNSET
    lt: int | None = UNSET
    lte: int | None = UNSET
    is_null: bool | None = UNSET


@described
@strawberry.input(name="GlobalIDFilter")
class GlobalIDFilter:
    eq: strawberry.ID | None = UNSET
    in_: list[strawberry.ID] | None = named("in")
    not_in: list[strawberry.ID] | None = UNSET


@described
@strawberry.input(name="JSONFilter")
class JSONFilter:
    path: list[str]
    eq: JSON | None = UNSET
    ne: JSON | None = UNSET
    in_: list[JSON] | None = named("in")
    not_in: list[JSON] | None = UNSET
    gt: float | None = UNSET
    gte: float | None = UNSET
    lt: float | None = UNSET
    lte: float | None = UNSET
    contains: str | None = UNSET
    starts_with: str | None = UNSET
    is_null: bool | None = UNSET


@described
@strawberry.input
class TaskResultFilter:
    and_: list[TaskResultFilter] | None = named("and")
    or_: list[TaskResultFilter] | None = named("or")
    not_: TaskResultFilter | None = named("not")
    id: GlobalIDFilter | None = UNSET
    task_id: IDFilter | None = UNSET
    task_name: StringFilter | None = UNSET
    periodic_task_name: StringFilter | None = UNSET
    status: StringFilter | None = UNSET
    state: StateFilter | None = UNSET
    is_ready: bool | None = UNSET
    worker: StringFilter | None = UNSET
    queue: StringFilter | None = UNSET
    date_created: DateTimeFilter | None = UNSET
    date_started: DateTimeFilter | None = UNSET
    date_done: DateTimeFilter | None = UNSET
    runtime_seconds: FloatFilter | None = UNSET
    retries: IntFilter | None = UNSET
    priority: IntFilter | None = UNSET
    args: StringFilter | None = UNSET
    kwargs: StringFilter | None = UNSET
    result: StringFilter | None = UNSET
    result_json: JSONFilter | None = UNSET
    meta_json: JSONFilter | None = UNSET
    traceback: StringFilter | None = UNSET
    error_type: StringFilter | None = UNSET
    error_fingerprint: StringFilter | None = UNSET
    group_id: IDFilter | None = UNSET
    root_task_id: IDFilter | None = UNSET
    parent_task_id: IDFilter | None = UNSET
    has_parent: bool | None = UNSET
    was_retried: bool | None = UNSET
    search: str | None = UNSET


@described
@strawberry.input
class TaskResultOrder:
    field: TaskResultOrderField
    direction: OrderDirection = OrderDirection.DESC


@described
@strawberry.input
class GroupResultFilter:
    and_: list[GroupResultFilter] | None = named("and")
    or_: list[GroupResultFilter] | None = named("or")
    not_: GroupResultFilter | None = named("not")
    group_id: IDFilter | None = UNSET
    date_created: DateTimeFilter | None = UNSET


@described
@strawberry.input
class GroupResultOrder:
    field: GroupResultOrderField
    direction: OrderDirection = OrderDirection.DESC


Filter = Annotated[TaskResultFilter | None, strawberry.argument(name="filter")]
GroupFilter = Annotated[GroupResultFilter | None, strawberry.argument(name="filter")]


@described
@strawberry.input
class OperationFilter:
    action: StringFilter | None = UNSET
    actor: StringFilter | None = UNSET
    task_id: IDFilter | None = UNSET
    started_at: DateTimeFilter | None = UNSET
    is_part: bool | None = UNSET


@described
@strawberry.input
class TaskSelector:
    ids: list[strawberry.ID] | None = UNSET
    task_ids: list[str] | None = UNSET
    filter: TaskResultFilter | None = UNSET


@described
@strawberry.input
class TaskRef:
    id: strawberry.ID | None = UNSET
    task_id: str | None = UNSET


def plain(value: Any) -> Any:
    """An input as the rooms below take it; None where none was given."""
    if value is UNSET:
        return None
    if isinstance(value, list):
        return [plain(item) for item in value]
    definition: Any = getattr(type(value), "__strawberry_definition__", None)
    if not getattr(definition, "is_input", False):
        return value
    given = {known.name: getattr(value, known.name) for known in fields(value)}
    return inputs.made(definition.name, {name: plain(item) for name, item in given.items() if item is not UNSET})
