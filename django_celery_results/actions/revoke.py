"""Stop a task: one that waits will not run, one that runs is terminated where that is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.exceptions import TaskRevokedError

from django_celery_results.backends.database import DatabaseBackend
from django_celery_results.models import Operation, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.tasks import TaskRef
from django_celery_results.states import TaskState, state_of

from . import audit, claims, control, guards, signals
from .celery_app import celery_app
from .claims import REVOKE
from .outcome import ErrorCode, Refusal, Refused, RevokeOutcome, WorkerReply, refuse

SIGNALS = ("SIGTERM", "SIGINT", "SIGQUIT", "SIGKILL")
DEFAULT_WAIT = 2.0
MAX_WAIT = 30.0
_FINISHED = (TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVOKED, TaskState.REJECTED, TaskState.IGNORED)
_PAUSE = 0.02


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How the task is to be stopped."""

    terminate: bool = False
    signal: str = "SIGTERM"
    wait: float = DEFAULT_WAIT

    def needs(self) -> tuple[Action, ...]:
        """The permissions for that."""
        kill = (Action.KILL,) if self.signal == "SIGKILL" else ()
        return (Action.REVOKE, Action.TERMINATE, *kill) if self.terminate else (Action.REVOKE,)

    def as_input(self) -> dict[str, Any]:
        """For the audit."""
        return {"terminate": self.terminate, **({"signal": self.signal} if self.terminate else {})}


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
        return _dry(viewer, wish, task) if dry_run else _carry_out(order, wish, task)
    except Refused as refused:
        operation = None if dry_run else audit.record_refusal(order, task, refused.refusal)
        return RevokeOutcome(
            task=task if task and task.pk else None,
            task_id=task.task_id if task else None,
            is_supported=refused.refusal.code != ErrorCode.CONTROL_UNSUPPORTED,
            refusals=(refused.refusal,),
            operation=operation,
        )


def blockers(viewer: Viewer, task: TaskResult) -> list[Refusal]:
    """Why a revoke of this task would be refused now; asks neither the database nor the broker."""
    return list(_blockers(viewer, task))


def blockers_for(viewer: Viewer, tasks: Iterable[TaskResult]) -> dict[int, list[Refusal]]:
    """`blockers` of a page of tasks, by primary key."""
    return {task.pk: blockers(viewer, task) for task in tasks}


def _blockers(viewer: Viewer, task: TaskResult) -> Iterable[Refusal]:
    if missing := guards.missing(viewer, Action.REVOKE, task):
        yield missing
        return
    if finished := _finished(task):
        yield finished


def refusals(viewer: Viewer, wish: Wish, task: TaskResult) -> list[Refusal]:
    """Why this task would not be stopped in this way."""
    missing = [guards.missing(viewer, action, task) for action in wish.needs()]
    return [refusal for refusal in (*missing, _finished(task)) if refusal][:1]


def tell(wish: Wish, tasks: Sequence[TaskResult]) -> dict[str, Any]:
    """Tell the workers of many tasks at once; returns what they said, for the audit. Raises `Refused`."""
    app = _controlled_app()
    revocation = _revocation(wish, tasks)
    replies = control.revoke(app, revocation, expected={task.worker for task in tasks if task.worker}, wait=wish.wait)
    if refusal := _unheard(replies):
        raise Refused(refusal)
    if all(reply.acknowledged for reply in replies):
        _finish_pending(app, [task.task_id for task in tasks])
    return {"workers": {reply.worker: reply.message for reply in replies}}


def _revocation(wish: Wish, tasks: Sequence[TaskResult]) -> control.Revocation:
    ids = tuple(task.task_id for task in tasks)
    return control.Revocation(task_ids=ids, terminate=wish.terminate, signal=wish.signal)


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


def _check(viewer: Viewer, wish: Wish, task: TaskResult) -> None:
    if wish.signal not in SIGNALS:
        refuse(ErrorCode.INVALID_INPUT, f"The signal is one of {', '.join(SIGNALS)}.", path=("signal",))
    if not 0 < wish.wait <= MAX_WAIT:
        refuse(ErrorCode.INVALID_INPUT, f"Wait for more than 0 and up to {MAX_WAIT:.0f} seconds.", path=("wait",))
    for action in wish.needs():
        guards.require(viewer, action, task if task.pk else None)
    if finished := _finished(task):
        raise Refused(finished)


def _finished(task: TaskResult) -> Refusal | None:
    if state_of(task.status) not in _FINISHED:
        return None
    return Refusal(
        code=ErrorCode.ALREADY_FINISHED, message=f"The task is {task.status}: there is nothing left to revoke."
    )


def _dry(viewer: Viewer, wish: Wish, task: TaskResult) -> RevokeOutcome:
    _check(viewer, wish, task)
    asked = control.workers(_controlled_app(), wish.wait)
    return RevokeOutcome(
        task=task if task.pk else None,
        task_id=task.task_id,
        workers=tuple(WorkerReply(worker=name, acknowledged=False) for name in sorted(asked)),
    )


def _carry_out(order: audit.Order, wish: Wish, task: TaskResult) -> RevokeOutcome:
    _check(order.viewer, wish, task)
    guards.outside_transaction()
    if done := audit.earlier(order, task):
        return RevokeOutcome(task=_current(task), task_id=task.task_id, operation=done)
    app = _controlled_app()
    operation = audit.draft(order, task, idempotency_key=audit.digest(order), lease_until=audit.lease())
    try:
        claims.claim(operation, prepare=lambda: None)
    except claims.Taken:  # the same request, sent twice at once
        return RevokeOutcome(task=_current(task), task_id=task.task_id, operation=audit.earlier(order, task))
    try:
        return _ask(app, order, wish, task, operation)
    except Refused as refused:
        audit.fail(operation, refused.refusal)
        return RevokeOutcome(
            task=_current(task), task_id=task.task_id, refusals=(refused.refusal,), operation=operation
        )


def _ask(app: Celery, order: audit.Order, wish: Wish, task: TaskResult, operation: Operation) -> RevokeOutcome:
    deadline = time.monotonic() + wish.wait
    expected = [task.worker] if task.worker else []
    replies = control.revoke(app, _revocation(wish, [task]), expected=expected, wait=wish.wait)
    current = _settled(app, wish, task, replies, deadline)
    if refusal := _unheard(replies):
        audit.fail(operation, refusal)
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


def _settled(
    app: Celery, wish: Wish, task: TaskResult, replies: tuple[WorkerReply, ...], deadline: float
) -> TaskResult | None:
    """The row once what the workers do about it can be seen in it."""
    if replies and all(reply.acknowledged for reply in replies):
        _finish_pending(app, [task.task_id])
    current = _current(task)
    while wish.terminate and current and not _finished(current) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
        current = _current(task)
    return current


def _finish_pending(app: Celery, task_ids: Sequence[str]) -> None:
    """Every worker heeds it, so none will run what still waits, and none will ever write that."""
    waiting = TaskResult._default_manager.using(guards.database()).filter(
        task_id__in=task_ids, status=TaskState.PENDING
    )
    backend = DatabaseBackend(app=app)
    for task_id in list(waiting.values_list("task_id", flat=True)):
        backend.store_result(task_id, TaskRevokedError("revoked"), TaskState.REVOKED.value)


def _unheard(replies: tuple[WorkerReply, ...]) -> Refusal | None:
    if any(reply.acknowledged for reply in replies):
        return None
    if any(reply.message for reply in replies):
        return Refusal(
            code=ErrorCode.CONTROL_UNSUPPORTED,
            message="The workers cannot do this; what each of them said stands in `workers`.",
        )
    return Refusal(
        code=ErrorCode.WORKERS_UNREACHABLE,
        message="No worker answered in time. One that is busy may still heed it: look at the task again, "
        "or send the request once more with a longer wait.",
    )


def _controlled_app() -> Celery:
    app = celery_app()
    if not control.is_supported(app):
        refuse(
            ErrorCode.CONTROL_UNSUPPORTED,
            "This broker carries no remote control, so no worker can be told. Redis and RabbitMQ do.",
        )
    return app


def _current(task: TaskResult) -> TaskResult | None:
    rows: Any = TaskResult._default_manager.using(guards.database())
    found: TaskResult | None = rows.filter(task_id=task.task_id).first()
    return found
