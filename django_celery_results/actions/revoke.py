"""Stop a task: one that waits will not run, one that runs is terminated where that is asked for."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

from celery import Celery

from django_celery_results.models import Operation, TaskResult
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import budget
from django_celery_results.query.tasks import TaskRef

from . import audit, claims, control, guards, signals, stopping
from .claims import REVOKE
from .outcome import ErrorCode, Refused, RevokeOutcome, WorkerReply
from .revoke_checks import DEFAULT_WAIT, MAX_WAIT, SIGNALS, Wish, blockers, check, check_unfinished, finished

__all__ = ["DEFAULT_WAIT", "MAX_WAIT", "SIGNALS", "Wish", "blockers", "revoke"]

_PAUSE = 0.02


def revoke(
    viewer: Viewer,
    ref: TaskRef,
    *,
    terminate: bool = False,
    signal: str = "SIGTERM",
    wait: float | timedelta | None = None,
    reason: str | None = None,
    dry_run: bool = False,
    idempotency_key: str | None = None,
    bulk: Operation | None = None,
) -> RevokeOutcome:
    """Tell the workers, wait for their answers, and say what is true. With `dry_run` they are only counted."""
    seconds = wait.total_seconds() if isinstance(wait, timedelta) else DEFAULT_WAIT if wait is None else float(wait)
    wish = Wish(terminate=terminate, signal=str(getattr(signal, "value", signal)), wait=seconds)
    order = audit.Order(
        viewer=viewer,
        action=REVOKE,
        reason=reason,
        input=wish.as_input(),
        idempotency_key=idempotency_key,
        bulk=bulk,
    )
    task: TaskResult | None = None
    try:
        task = _task(viewer, ref)
        check(viewer, wish, task)
        with budget.waiting(wish.wait) as left:
            wish = replace(wish, wait=left)
            return _dry(wish, task) if dry_run else _carry_out(order, wish, task)
    except Refused as refused:
        operation = None if dry_run else audit.record_refusal(order, task, refused.refusal)
        return RevokeOutcome(
            task=task if task and task.pk else None,
            task_id=task.task_id if task else None,
            is_supported=refused.refusal.code != ErrorCode.CONTROL_UNSUPPORTED,
            refusals=(refused.refusal,),
            operation=operation,
        )


def _task(viewer: Viewer, ref: TaskRef) -> TaskResult:
    """The row, or one that is not stored where a queued task has none and the policy lets the viewer name any id."""
    try:
        return guards.visible_task(viewer, ref)
    except Refused as refused:
        if (
            refused.refusal.code != ErrorCode.NOT_FOUND
            or not ref.task_id
            or not guards.may_name_any(viewer, ref.task_id)
        ):
            raise
    return TaskResult(task_id=ref.task_id)


def _dry(wish: Wish, task: TaskResult) -> RevokeOutcome:
    check_unfinished(task)
    asked = control.workers(stopping.controlled_app(), wish.wait)
    return RevokeOutcome(
        task=task if task.pk else None,
        task_id=task.task_id,
        workers=tuple(WorkerReply(worker=name, acknowledged=False) for name in sorted(asked)),
    )


def _carry_out(order: audit.Order, wish: Wish, task: TaskResult) -> RevokeOutcome:
    guards.outside_transaction()
    if done := audit.earlier(order, task):
        return RevokeOutcome(task=_current(task), task_id=task.task_id, operation=done)
    check_unfinished(task)
    app = stopping.controlled_app()
    operation = audit.draft(order, task, idempotency_key=audit.digest(order), lease_until=audit.lease())
    try:
        claims.claim([operation])
    except claims.Taken:  # the same request, sent twice at once
        return RevokeOutcome(task=_current(task), task_id=task.task_id, operation=audit.earlier(order, task))
    try:
        return _ask(app, order, wish, task, operation)
    except Refused as refused:
        audit.fail([operation], refused.refusal)
        return RevokeOutcome(
            task=_current(task), task_id=task.task_id, refusals=(refused.refusal,), operation=operation
        )


def _ask(app: Celery, order: audit.Order, wish: Wish, task: TaskResult, operation: Operation) -> RevokeOutcome:
    deadline = time.monotonic() + wish.wait
    replies = stopping.tell(app, wish, [task])
    current = _settled(wish, task, deadline)
    if refusal := stopping.unheard(replies):
        audit.fail([operation], refusal)
    else:
        audit.finish(operation, {"workers": {reply.worker: reply.message for reply in replies}})
        signals.tell_revoked(order.viewer, operation)
    return RevokeOutcome(
        task=current,
        task_id=task.task_id,
        workers=replies,
        refusals=(refusal,) if refusal else (),
        operation=operation,
    )


def _settled(wish: Wish, task: TaskResult, deadline: float) -> TaskResult | None:
    """The row once what the workers do about it can be seen in it."""
    current = _current(task)
    while wish.terminate and current and not finished(current) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        current = _current(task)
    return current


def _current(task: TaskResult) -> TaskResult | None:
    rows: Any = TaskResult._default_manager.using(guards.database())
    found: TaskResult | None = rows.filter(task_id=task.task_id).first()
    return found
