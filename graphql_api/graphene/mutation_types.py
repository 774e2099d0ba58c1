"""Inputs and payloads of the mutations. A payload shows the outcome that the action returned."""

from __future__ import annotations

from operator import attrgetter

import graphene
from graphene import Boolean, Field, Float, Int, String

from graphql_api import enums as known
from graphql_api import previews, refused

from .descriptions import InputObjectType, ObjectType
from .enums import BulkOutcome, RetryScope, TaskState, TerminateSignal
from .errors import BulkError, DeleteError, RetryTaskError, RevokeTaskError, errors
from .fields import computed, listed, many
from .inputs import TaskRef, TaskSelector
from .operation_types import Operation
from .scalars import JSON, DateTime, Duration
from .types import TaskResult
from .value_types import ActionBlocker, SerializedValue


class RetryOverrides(InputObjectType):
    args = JSON()
    kwargs = JSON()
    queue = String()
    priority = Int()
    countdown_seconds = Float()
    eta = DateTime()
    expires = DateTime()
    headers = JSON()


def flag() -> graphene.Boolean:
    """A wish that is off unless given."""
    return Boolean(required=True, default_value=False)


def scope() -> graphene.InputField:
    """How much of a workflow goes on."""
    return graphene.InputField(RetryScope, required=True, default_value=known.ENUMS["RetryScope"]["ALONE"])


def signal() -> graphene.InputField:
    """How a running task is ended."""
    return graphene.InputField(TerminateSignal, required=True, default_value=known.TerminateSignal.SIGTERM)


def retryable() -> graphene.InputField:
    """The states that a task is run again from."""
    states = known.ENUMS["TaskState"]
    return graphene.InputField(listed(TaskState), default_value=[states["FAILURE"], states["REVOKED"]])


class RetryTaskInput(InputObjectType):
    task = TaskRef(required=True)
    overrides = RetryOverrides()
    scope = scope()
    allow_states = retryable()
    allow_retried = flag()
    dry_run = flag()
    reason = String()
    idempotency_key = String()


class RevokeTaskInput(InputObjectType):
    task = TaskRef(required=True)
    terminate = flag()
    signal = signal()
    wait = Duration()
    dry_run = flag()
    reason = String()
    idempotency_key = String()


class RetryPreview(ObjectType):
    task_name = String(required=True)
    keeps_id = Boolean(required=True)
    args = computed(SerializedValue, previews.args)
    kwargs = computed(SerializedValue, previews.kwargs)
    queue = String()


class RetryTaskPayload(ObjectType):
    original = Field(TaskResult)
    task_id = String()
    new_task = Field(TaskResult)
    preview = Field(RetryPreview)
    errors = errors(RetryTaskError, refused.of_retry)
    operation = Field(Operation)


class WorkerReply(ObjectType):
    worker = String(required=True)
    acknowledged = Boolean(required=True)
    message = String()


class RevokeTaskPayload(ObjectType):
    task = Field(TaskResult)
    task_id = String()
    is_supported = Boolean(required=True)
    workers = many(WorkerReply)
    errors = errors(RevokeTaskError, refused.of_revoke)
    operation = Field(Operation)


class DeleteTaskResultInput(InputObjectType):
    task = TaskRef(required=True)
    dry_run = flag()
    reason = String()
    idempotency_key = String()


class DeleteTaskResultPayload(ObjectType):
    task_id = String()
    errors = errors(DeleteError, refused.of_others)
    operation = Field(Operation)


class BulkOptions(InputObjectType):
    limit = Int()
    expected_count = Int()
    dry_run = flag()
    reason = String()
    idempotency_key = String()


class BulkRetryTasksInput(InputObjectType):
    select = TaskSelector(required=True)
    overrides = RetryOverrides()
    scope = scope()
    allow_states = retryable()
    allow_retried = flag()
    options = BulkOptions()


class BulkRevokeTasksInput(InputObjectType):
    select = TaskSelector(required=True)
    terminate = flag()
    signal = signal()
    options = BulkOptions()


class RevokeGroupInput(InputObjectType):
    group_id = String(required=True)
    terminate = flag()
    signal = signal()
    options = BulkOptions()


class BulkDeleteTaskResultsInput(InputObjectType):
    select = TaskSelector(required=True)
    options = BulkOptions()


class BulkItem(ObjectType):
    task_id = String(required=True)
    outcome = BulkOutcome(required=True)
    new_task_id = String()
    error = computed(ActionBlocker, attrgetter("refusal"))


class BulkPayload(ObjectType):
    matched_count = Int(required=True)
    done_count = Int(required=True)
    skipped_count = Int(required=True)
    remaining_count = Int(required=True)
    items = many(BulkItem)
    errors = errors(BulkError, refused.of_others)
    operation = Field(Operation)
