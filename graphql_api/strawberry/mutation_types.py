"""Inputs and payloads of the mutations. A payload shows the outcome that the action returned."""

from __future__ import annotations

from datetime import datetime, timedelta

import strawberry
from strawberry import UNSET

from django_celery_results.actions.outcome import Preview
from django_celery_results.query import values

from .computed import computed
from .descriptions import described
from .enums import RetryScope, TaskState, TerminateSignal
from .errors import RetryTaskError, RevokeTaskError, of_retry, of_revoke
from .inputs import TaskRef
from .scalars import JSON
from .types import TaskResult
from .value_types import SerializedValue


@described
@strawberry.input
class RetryOverrides:
    args: JSON | None = UNSET
    kwargs: JSON | None = UNSET
    queue: str | None = UNSET
    priority: int | None = UNSET
    countdown_seconds: float | None = UNSET
    eta: datetime | None = UNSET
    expires: datetime | None = UNSET
    headers: JSON | None = UNSET


def _retryable() -> list[TaskState]:
    return [TaskState.FAILURE, TaskState.REVOKED]


@described
@strawberry.input
class RetryTaskInput:
    task: TaskRef
    overrides: RetryOverrides | None = UNSET
    scope: RetryScope = RetryScope.ALONE
    allow_states: list[TaskState] = strawberry.field(default_factory=_retryable)
    allow_retried: bool = False
    dry_run: bool = False
    reason: str | None = UNSET
    idempotency_key: str | None = UNSET


@described
@strawberry.input
class RevokeTaskInput:
    task: TaskRef
    terminate: bool = False
    signal: TerminateSignal = TerminateSignal.SIGTERM
    wait: timedelta | None = UNSET
    dry_run: bool = False
    reason: str | None = UNSET
    idempotency_key: str | None = UNSET


@described
@strawberry.type
class RetryPreview:
    task_name: str
    keeps_id: bool
    args: SerializedValue | None = computed(lambda preview: _shown(preview, preview.args))
    kwargs: SerializedValue | None = computed(lambda preview: _shown(preview, preview.kwargs))
    queue: str | None


def _shown(preview: Preview, value: object) -> values.Value | None:
    return None if value is None else values.decoded(value, task_name=preview.task_name)


@described
@strawberry.type
class RetryTaskPayload:
    original: TaskResult | None
    task_id: str | None
    new_task: TaskResult | None
    preview: RetryPreview | None
    errors: list[RetryTaskError] = computed(of_retry)


@described
@strawberry.type
class WorkerReply:
    worker: str
    acknowledged: bool
    message: str | None


@described
@strawberry.type
class RevokeTaskPayload:
    task: TaskResult | None
    task_id: str | None
    is_supported: bool
    workers: list[WorkerReply]
    errors: list[RevokeTaskError] = computed(of_revoke)
