"""The types of tasks that the Celery app knows."""

from __future__ import annotations

import graphene
from graphene import Boolean, Float, Int, String

from .descriptions import ObjectType
from .enums import ParameterKind
from .scalars import JSON


class TaskParameter(ObjectType):
    name = String(required=True)
    kind = ParameterKind(required=True)
    annotation = String()
    is_required = Boolean(required=True)
    default = JSON()


class RegisteredTask(ObjectType):
    name = String(required=True)
    doc = String()
    max_retries = Int()
    rate_limit = String()
    time_limit_seconds = Float()
    signature = graphene.List(graphene.NonNull(TaskParameter))
