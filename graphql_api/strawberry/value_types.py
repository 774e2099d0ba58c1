"""The types of what belongs to a task: stored values, errors, progress, counts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from django_celery_results.query import failures, pages, values
from graphql_api.columns import for_many

from .descriptions import described
from .enums import ErrorCode, TaskState
from .scalars import JSON


@for_many
def _json(root: strawberry.Parent[values.Value], path: list[str] | None = UNSET) -> Any:
    return root.json(path or ())


@for_many
def _text(root: strawberry.Parent[values.Value], max_length: int = 4000) -> str:
    return root.text(max_length)


@for_many
def _message(root: strawberry.Parent[failures.TaskError], max_length: int = 4000) -> str | None:
    return root.message(max_length)


@for_many
def bounded_count(
    root: strawberry.Parent[pages.Page[Any]], max_: Annotated[int, strawberry.argument(name="max")] = 10_000
) -> pages.BoundedCount:
    """The connection's `count(max:)`."""
    return root.count(max_)


@described
@strawberry.type
class SerializedValue:
    json: JSON | None = strawberry.field(resolver=_json, graphql_type=JSON | None)
    text: str = strawberry.field(resolver=_text)
    content_type: str
    content_encoding: str
    byte_length: int
    is_truncated: bool
    is_redacted: bool


@described
@strawberry.type
class TaskError:
    type: str | None
    module: str | None
    message: str | None = strawberry.field(resolver=_message)
    traceback: str | None
    fingerprint: str | None


@described
@strawberry.type
class TaskProgress:
    current: float
    total: float | None
    percent: float | None
    message: str | None
    updated_at: datetime


@described
@strawberry.type
class BoundedCount:
    value: int
    is_exact: bool


@described
@strawberry.type
class StateCount:
    state: TaskState
    status: str
    count: int


@described
@strawberry.type
class ActionBlocker:
    code: ErrorCode
    message: str
