"""Delete the results of tasks, with the records of their messages."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.utils import timezone

from django_celery_results.models import Operation, OperationState, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.tasks import TaskRef

from . import audit, claims, guards
from .outcome import ErrorCode, ForgetOutcome, Refusal, Refused

FORGET = "forget"
HELD = Refusal(
    code=ErrorCode.TASK_NOT_ALLOWED, message="Rows of your project refer to this one and protect it: delete them first."
)


def forget(
    viewer: Viewer,
    ref: TaskRef,
    *,
    dry_run: bool = False,
    reason: str | None = None,
    idempotency_key: str | None = None,
) -> ForgetOutcome:
    """Delete one result, or say why not. A task that still runs writes its row anew."""
    order = audit.Order(viewer=viewer, action=FORGET, reason=reason, idempotency_key=idempotency_key)
    task: TaskResult | None = None
    try:
        if done := _earlier(order, ref):
            return ForgetOutcome(task_id=done.task_id, operation=done)
        task = guards.visible_task(viewer, ref)
        guards.require(viewer, Action.DELETE, task)
        return ForgetOutcome(task_id=task.task_id) if dry_run else _carry_out(order, task)
    except Refused as refused:
        operation = None if dry_run else audit.record_refusal(order, task, refused.refusal)
        return ForgetOutcome(task_id=task.task_id if task else None, refusals=(refused.refusal,), operation=operation)


def forget_rows(tasks: Sequence[TaskResult]) -> None:
    """Delete these rows, with the records of their messages, in the caller's transaction."""
    TaskResult._default_manager.using(guards.database()).filter(pk__in=[task.pk for task in tasks]).delete()


def _earlier(order: audit.Order, ref: TaskRef) -> Operation | None:
    """With its row gone, a task is known by what the operation kept of it: Celery's id, and the row's."""
    done = audit.of_key(order)
    if done is None:
        return None
    is_same_row = ref.id is not None and json.loads(done.outcome).get("id") == ref.id
    asked = done.task_id if is_same_row else ref.task_id
    return audit.earlier(order, TaskResult(task_id=asked or ""))


def _carry_out(order: audit.Order, task: TaskResult) -> ForgetOutcome:
    guards.outside_transaction()
    operation = audit.draft(
        order,
        task,
        state=OperationState.DONE,
        finished_at=timezone.now(),
        idempotency_key=audit.digest(order),
        outcome=audit.dump({"status": task.status, "id": task.pk}),
    )
    try:
        claims.claim([operation], lambda: forget_rows([task]))
    except claims.Taken as error:  # by the same request, sent twice at once; or the row is, by others that refer to it
        if done := audit.earlier(order, task):
            return ForgetOutcome(task_id=task.task_id, operation=done)
        raise Refused(HELD) from error
    return ForgetOutcome(task_id=task.task_id, operation=operation)
