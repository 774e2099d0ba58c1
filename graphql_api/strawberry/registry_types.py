"""The types of tasks that the Celery app knows."""

from __future__ import annotations

import strawberry

from .descriptions import described
from .enums import ParameterKind
from .scalars import JSON


@described
@strawberry.type
class TaskParameter:
    name: str
    kind: ParameterKind
    annotation: str | None
    is_required: bool
    default: JSON | None


@described
@strawberry.type
class RegisteredTask:
    name: str
    doc: str | None
    max_retries: int | None
    rate_limit: str | None
    time_limit_seconds: float | None
    signature: list[TaskParameter] | None
