"""Run a task again, with exactly what it was sent with unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NoReturn

from celery import Celery
from django.db import DatabaseError
from kombu.utils.uuid import uuid

from django_celery_results import oversized
from django_celery_results.message_codec import Message, MessageUnavailable, decode, encode
from django_celery_results.models import Operation, TaskMessage, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.tasks import TaskRef
from django_celery_results.states import TaskState

from . import audit, claims, composing, continuing, guards, reopening, retry_checks, signals
from . import overrides as overriding
from .celery_app import celery_app, check_leaves_trace, registered_task
from .continuing import Plan
from .outcome import ErrorCode, Refused, RetryOutcome, refuse
from .overrides import RetryOverrides
from .previewing import preview
from .retry_checks import RETRYABLE, blockers, blockers_for

__all__ = ["RetryOverrides", "RetryScope", "blockers", "blockers_for", "retry"]


class RetryScope(StrEnum):
    """What happens to those who waited for the task."""

    ALONE = "ALONE"
    """A new task, in no group, chord or chain."""
    CONTINUE = "CONTINUE"
    """What was waiting for this task goes on: the rest of its chain, its group, its chord."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How the task is to be run again."""

    scope: RetryScope = RetryScope.ALONE
    overrides: RetryOverrides = field(default_factory=RetryOverrides)
    allow_states: tuple[TaskState, ...] = RETRYABLE
    allow_retried: bool = False

    def as_input(self) -> dict[str, Any]:
        """For the audit."""
        return {"scope": self.scope.value, "allow_retried": self.allow_retried, **self.overrides.given()}


def retry(
    viewer: Viewer,
    ref: TaskRef,
    *,
    scope: RetryScope = RetryScope.ALONE,
    overrides: RetryOverrides | None = None,
    allow_states: Sequence[TaskState] = RETRYABLE,
    allow_retried: bool = False,
    dry_run: bool = False,
    reason: str | None = None,
    idempotency_key: str | None = None,
    bulk: Operation | None = None,
) -> RetryOutcome:
    """Send the task again as its viewer wishes, or say why not. With `dry_run` nothing is sent or stored."""
    wish = Wish(
        scope=scope,
        overrides=overrides or RetryOverrides(),
        allow_states=tuple(allow_states),
        allow_retried=allow_retried,
    )
    order = audit.Order(
        viewer=viewer,
        action=claims.RETRY,
        reason=reason,
        input=wish.as_input(),
        idempotency_key=idempotency_key,
        bulk=bulk,
    )
    task: TaskResult | None = None
    try:
        task = guards.visible_task(viewer, ref)
        guards.require(viewer, Action.RETRY, task)
        return _preview(viewer, wish, task) if dry_run else _carry_out(order, wish, task)
    except Refused as refused:
        operation = None if dry_run else audit.record_refusal(order, task, refused.refusal)
        return RetryOutcome(original=task, refusals=(refused.refusal,), operation=operation)


def _preview(viewer: Viewer, wish: Wish, task: TaskResult) -> RetryOutcome:
    plan = _plan(celery_app(), wish, task, _record_of(task))
    return RetryOutcome(original=task, preview=preview(viewer, task, plan.message, keeps_id=plan.keeps_id))


def _carry_out(order: audit.Order, wish: Wish, task: TaskResult) -> RetryOutcome:
    guards.outside_transaction()
    if done := audit.earlier(order, task):
        return _outcome(task, done)
    app = celery_app()
    claims.heal(app)
    try:
        return _send(app, order, wish, task)
    except claims.Taken:
        return _taken(order, task)
    except Refused:
        # The same request may have been carried out since: then that is what stands in the way.
        if done := audit.earlier(order, task):
            return _outcome(task, done)
        raise


def _send(app: Celery, order: audit.Order, wish: Wish, task: TaskResult) -> RetryOutcome:
    record = _record_of(task)
    plan = _plan(app, wish, task, record)
    check_leaves_trace(app, plan.message.task_name)
    operation = _claim(app, order, wish, task, plan)
    if refusal := claims.send(app, operation, plan.message, record):
        return RetryOutcome(original=task, refusals=(refusal,), operation=operation)
    signals.tell_retried(order.viewer, operation)
    return _outcome(task, operation)


def _record_of(task: TaskResult) -> TaskMessage | None:
    return TaskMessage.objects.using(guards.database()).filter(task_id=task.task_id).first()


def _plan(app: Celery, wish: Wish, task: TaskResult, record: TaskMessage | None) -> Plan:
    """What would be sent; refuses where that cannot be known or must not be."""
    if wrong := retry_checks.wrong_state(task, wish.allow_states):
        raise Refused(wrong)
    retries = TaskResult._default_manager.using(guards.database()).filter(retried_from=task.task_id)
    if not wish.allow_retried and (newer := retries.values_list("task_id", flat=True).first()):
        raise Refused(retry_checks.already_retried(newer))
    kept = _kept(app, record)
    registered = registered_task(app, kept.task_name)
    continues = wish.scope == RetryScope.CONTINUE
    plan = continuing.plan(app, kept, task) if continues else Plan(message=composing.alone(app, kept, task))
    message = overriding.apply(wish.overrides, plan.message)
    overriding.check_signature(registered, message, wish.overrides)
    return replace(plan, message=message)


def _kept(app: Celery, record: TaskMessage | None) -> Message:
    if record is None:
        raise Refused(retry_checks.unavailable())
    try:
        return decode(app, record)
    except MessageUnavailable as error:
        refuse(ErrorCode.ARGUMENTS_UNAVAILABLE, error.message)


def _claim(app: Celery, order: audit.Order, wish: Wish, task: TaskResult, plan: Plan) -> Operation:
    new_id = task.task_id if plan.keeps_id else uuid()
    record = _record(app, new_id, wish, plan.message)
    operation = audit.draft(
        order,
        task,
        new_task_id=new_id,
        open_claim=claims.open_claim(task.task_id),
        idempotency_key=audit.digest(order),
        lease_until=audit.lease(),
    )

    def prepare() -> claims.Undo:
        _check_still(task, wish)
        record.save(using=guards.database(), force_insert=not plan.keeps_id)
        if not plan.keeps_id:
            claims.pending_row(operation, plan.message, task).save(using=guards.database(), force_insert=True)
        rows = [reopening.reopen(task)] if plan.keeps_id else []
        rows += reopening.reopen_later(plan.later_ids)
        parts = reopening.reopen_parts(plan.parts)
        return {"rows": rows, "parts": parts} if rows or parts else {}

    try:
        claims.claim(operation, prepare)
    except DatabaseError as error:
        if not oversized.is_refused([record.body, record.options], guards.database(), error):
            raise
        _refuse_message(wish, "The database refuses the message as too large; nothing was sent.")
    return operation


def _record(app: Celery, task_id: str, wish: Wish, message: Message) -> TaskMessage:
    try:
        return encode(app, task_id, message)
    except MessageUnavailable as error:
        _refuse_message(wish, error.message)


def _refuse_message(wish: Wish, why: str) -> NoReturn:
    if wish.overrides.changes_arguments:
        refuse(ErrorCode.INVALID_INPUT, why, path=("overrides",))
    refuse(ErrorCode.ARGUMENTS_UNAVAILABLE, why)


def _check_still(task: TaskResult, wish: Wish) -> None:
    """Under the claim: the row is as it was read, and nobody finished a retry in between."""
    rows = TaskResult._default_manager.using(guards.database())
    current = rows.filter(pk=task.pk).first()
    if current is None:
        refuse(ErrorCode.NOT_FOUND, "The task was deleted a moment ago.")
    if wrong := retry_checks.wrong_state(current, wish.allow_states):
        raise Refused(wrong)
    newer = None if wish.allow_retried else rows.filter(retried_from=task.task_id).first()
    if newer:
        raise Refused(retry_checks.already_retried(newer.task_id))


def _taken(order: audit.Order, task: TaskResult) -> RetryOutcome:
    """Another request was faster: the same one, sent twice, or somebody else's."""
    if done := audit.earlier(order, task):
        return _outcome(task, done)
    other = Operation.objects.using(guards.database()).filter(open_claim=claims.open_claim(task.task_id)).first()
    newer = TaskResult._default_manager.using(guards.database()).filter(retried_from=task.task_id).first()
    raise Refused(retry_checks.already_retried(other.new_task_id if other else getattr(newer, "task_id", None)))


def _outcome(task: TaskResult, operation: Operation) -> RetryOutcome:
    row = TaskResult._default_manager.using(guards.database()).filter(task_id=operation.new_task_id).first()
    return RetryOutcome(original=task, task_id=operation.new_task_id, new_task=row, operation=operation)
