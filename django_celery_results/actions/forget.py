"""Delete the results of tasks, with the records of their messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from django_celery_results.models import GroupResult, Operation, OperationState, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.tasks import TaskRef

from . import audit, claims, guards
from .outcome import ErrorCode, ForgetOutcome, Refusal, Refused

FORGET = "forget"
FORGET_GROUP = "forget_group"
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
    order = order_of(viewer, reason=reason, idempotency_key=idempotency_key)
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


def order_of(viewer: Viewer, *, reason: str | None = None, idempotency_key: str | None = None) -> audit.Order:
    """The order to delete results of tasks."""
    return audit.Order(viewer=viewer, action=FORGET, reason=reason, idempotency_key=idempotency_key)


def refusals(viewer: Viewer, task: TaskResult) -> list[Refusal]:
    """Why this viewer may not delete this result."""
    missing = guards.missing(viewer, Action.DELETE, task)
    return [missing] if missing else []


def forget_many(
    order: audit.Order, tasks: Sequence[TaskResult], delete: Callable[[Sequence[TaskResult]], Any] | None = None
) -> dict[int, list[Refusal]]:
    """Delete the results that the viewer may delete, together with the record of each, or of its refusal.

    Unlike a retry this may run inside a transaction of the caller's: a rollback undoes both.

    Args:
        order: Who asks, and why.
        tasks: Rows that the viewer may see.
        delete: What deletes the rows it is given; by default they go by one statement.

    Returns:
        Why each row stays, by primary key; empty where it is gone.
    """
    delete = delete or forget_rows
    refused = {task.pk: refusals(order.viewer, task) for task in tasks}
    try:
        _forget(order, tasks, refused, delete)
    except IntegrityError:  # one of them is held by rows of the project: which one, only each can tell
        for task in tasks:
            try:
                _forget(order, [task], refused, delete)
            except IntegrityError:
                refused[task.pk] = [HELD]
                _forget(order, [task], refused, delete)
    return refused


def record_refused(viewer: Viewer, tasks: Sequence[TaskResult]) -> None:
    """Record which of these results the viewer tried to delete and may not."""
    refused: dict[Refusal, list[TaskResult]] = {}
    for task in tasks:
        for refusal in refusals(viewer, task):
            refused.setdefault(refusal, []).append(task)
    for refusal, kept in refused.items():
        audit.record_refusals([order_of(viewer)] * len(kept), kept, refusal)


def forget_groups(
    viewer: Viewer, groups: Sequence[GroupResult], delete: Callable[[Sequence[GroupResult]], Any]
) -> Refusal | None:
    """Delete saved groups by `delete`, with a record of each; their tasks stay. Returns why they may not be deleted."""
    refusal = guards.missing(viewer, Action.DELETE_GROUP)
    with transaction.atomic(using=guards.database()):
        _record_groups(viewer, groups, refusal)
        if refusal is None:
            delete(groups)
    return refusal


def record_refused_groups(viewer: Viewer, groups: Sequence[GroupResult]) -> None:
    """Record that the viewer tried to delete these groups, where they may not."""
    if refusal := guards.missing(viewer, Action.DELETE_GROUP):
        _record_groups(viewer, groups, refusal)


def forget_rows(tasks: Sequence[TaskResult]) -> None:
    """Delete these rows, with the records of their messages, in the caller's transaction."""
    TaskResult._default_manager.using(guards.database()).filter(pk__in=[task.pk for task in tasks]).delete()


def _forget(
    order: audit.Order,
    tasks: Sequence[TaskResult],
    refused: dict[int, list[Refusal]],
    delete: Callable[[Sequence[TaskResult]], Any],
) -> None:
    with transaction.atomic(using=guards.database()):
        audit.record_each(order, tasks, refused, {})
        if allowed := [task for task in tasks if not refused[task.pk]]:
            delete(allowed)


def _record_groups(viewer: Viewer, groups: Sequence[GroupResult], refusal: Refusal | None) -> None:
    orders = [audit.Order(viewer=viewer, action=FORGET_GROUP, input={"group_id": each.group_id}) for each in groups]
    if refusal:
        audit.record_refusals(orders, [None] * len(orders), refusal)
        return
    Operation.objects.using(guards.database()).bulk_create(
        audit.draft(order, None, finished_at=timezone.now(), state=OperationState.DONE) for order in orders
    )


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
