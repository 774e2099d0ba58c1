"""The types of what belongs to a task: stored values, errors, progress, counts."""

from __future__ import annotations

from typing import Any

import graphene
from graphene import Boolean, Float, Int, String

from graphql_api.columns import for_many

from .descriptions import ObjectType
from .enums import ErrorCode, TaskState
from .scalars import JSON, DateTime


class SerializedValue(ObjectType):
    json = JSON(path=graphene.List(graphene.NonNull(String)))
    text = String(required=True, max_length=Int(required=True, default_value=4000))
    content_type = String(required=True)
    content_encoding = String(required=True)
    byte_length = Int(required=True)
    is_truncated = Boolean(required=True)
    is_redacted = Boolean(required=True)

    @staticmethod
    @for_many
    def resolve_json(root: Any, info: Any, path: list[str] | None = None) -> Any:
        return root.json(path or ())

    @staticmethod
    @for_many
    def resolve_text(root: Any, info: Any, max_length: int) -> str:
        found: str = root.text(max_length)
        return found


class TaskError(ObjectType):
    type = String()
    module = String()
    message = String(max_length=Int(required=True, default_value=4000))
    traceback = String()
    fingerprint = String()

    @staticmethod
    @for_many
    def resolve_message(root: Any, info: Any, max_length: int) -> str | None:
        found: str | None = root.message(max_length)
        return found


class TaskProgress(ObjectType):
    current = Float(required=True)
    total = Float()
    percent = Float()
    message = String()
    updated_at = DateTime(required=True)


class BoundedCount(ObjectType):
    value = Int(required=True)
    is_exact = Boolean(required=True)


class StateCount(ObjectType):
    state = TaskState(required=True)
    status = String(required=True)
    count = Int(required=True)


class ActionBlocker(ObjectType):
    code = ErrorCode(required=True)
    message = String(required=True)


class PageInfo(ObjectType):
    has_next_page = Boolean(required=True)
    has_previous_page = Boolean(required=True)
    start_cursor = String()
    end_cursor = String()


class Page(ObjectType):
    """What every connection has, besides its edges and nodes."""

    class Meta:
        abstract = True

    page_info = graphene.Field(PageInfo, required=True)
    total_count = Int(required=True)
    count = graphene.Field(BoundedCount, required=True, max_=Int(required=True, default_value=10_000, name="max"))

    @staticmethod
    @for_many
    def resolve_count(root: Any, info: Any, max_: int) -> Any:
        return root.count(max_)
