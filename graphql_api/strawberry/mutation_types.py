"""Inputs and payloads of the mutations. A payload shows the outcome that the action returned."""

from __future__ import annotations

from datetime import datetime, timedelta

import strawberry
from strawberry import UNSET

from graphql_api import previews

from .computed import computed
from .descriptions import described
from .enums import ItemOutcome, RetryScope, TaskState, TerminateSignal
from .errors import BulkError, DeleteError, RetryTaskError, RevokeTaskError, of_others, of_retry, of_revoke
from .inputs import TaskRef, TaskSelector
from .operation_types import Operation
from .scalars import JSON
from .types import TaskResult
from .value_types import ActionBlocker, SerializedValue


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
    args: SerializedValue | None = computed(previews.args)
    kwargs: SerializedValue | None = computed(previews.kwargs)
    queue: str | None


@described
@strawberry.type
class RetryTaskPayload:
    original: TaskResult | None
    task_id: str | None
    new_task: TaskResult | None
    preview: RetryPreview | None
    errors: list[RetryTaskError] = computed(of_retry)
    operation: Operation | None


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
    operation: Operation | None


@described
@strawberry.input
class DeleteTaskResultInput:
    task: TaskRef
    dry_run: bool = False
    reason: str | None = UNSET
    idempotency_key: str | None = UNSET


@described
@strawberry.type
class DeleteTaskResultPayload:
    task_id: str | None
    errors: list[DeleteError] = computed(of_others)
    operation: Operation | None


@described
@strawberry.input
class BulkOptions:
    limit: int | None = UNSET
    expected_count: int | None = UNSET
    dry_run: bool = False
    reason: str | None = UNSET
    idempotency_key: str | None = UNSET


@described
@strawberry.input
class BulkRetryTasksInput:
    select: TaskSelector
    overrides: RetryOverrides | None = UNSET
    scope: RetryScope = RetryScope.ALONE
    allow_states: list[TaskState] = strawberry.field(default_factory=_retryable)
    allow_retried: bool = False
    options: BulkOptions | None = UNSET


@described
@strawberry.input
class BulkRevokeTasksInput:
    select: TaskSelector
    terminate: bool = False
    signal: TerminateSignal = TerminateSignal.SIGTERM
    options: BulkOptions | None = UNSET


@described
@strawberry.input
class RevokeGroupInput:
    group_id: str
    terminate: bool = False
    signal: TerminateSignal = TerminateSignal.SIGTERM
    options: BulkOptions | None = UNSET


@described
@strawberry.input
class BulkDeleteTaskResultsInput:
    select: TaskSelector
    options: BulkOptions | None = UNSET


@described
@strawberry.type
class BulkItem:
    task_id: str
    outcome: ItemOutcome
    new_task_id: str | None
    refusal: ActionBlocker | None = strawberry.field(name="error")


@described
@strawberry.type
class BulkPayload:
    matched_count: int
    done_count: int
    skipped_count: int
    remaining_count: int
    items: list[BulkItem]
    errors: list[BulkError] = computed(of_others)
    operation: Operation | None
