"""Run a task again, with exactly what it was sent with unless told otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from celery import Celery
from django.db import DatabaseError

from django_celery_results import oversized
from django_celery_results.models import Operation, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.tasks import TaskRef
from django_celery_results.states import TaskState

from . import audit, claims, guards, interrupted, retry_checks, retry_claims, retry_plan, sending, signals
from .celery_app import celery_app
from .outcome import Refusal, Refused, RetryOutcome
from .overrides import RetryOverrides
from .previewing import preview
from .retry_checks import RETRYABLE, blockers, blockers_for, blockers_within
from .retry_plan import Planned, RetryScope, Wish

__all__ = ["RetryOverrides", "RetryScope", "Wish", "blockers", "blockers_for", "blockers_within", "retry"]


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
        wish.check(viewer)
        return _preview(viewer, wish, task) if dry_run else _carry_out(order, wish, task)
    except Refused as refused:
        operation = None if dry_run else audit.record_refusal(order, task, refused.refusal)
        return RetryOutcome(original=task, refusals=(refused.refusal,), operation=operation)


def _preview(viewer: Viewer, wish: Wish, task: TaskResult) -> RetryOutcome:
    plan = _planned(celery_app(), viewer, wish, task).plan
    return RetryOutcome(original=task, preview=preview(viewer, task, plan.message, keeps_id=plan.keeps_id))


def _carry_out(order: audit.Order, wish: Wish, task: TaskResult) -> RetryOutcome:
    guards.outside_transaction()
    if done := audit.earlier(order, task):
        return _outcome(order.viewer, task, done)
    app = celery_app()
    interrupted.heal(app)
    try:
        return _send(app, order, wish, task)
    except claims.Taken:
        return _taken(order, task)
    except Refused:
        # The same request may have been carried out since: then that is what stands in the way.
        if done := audit.earlier(order, task):
            return _outcome(order.viewer, task, done)
        raise


def _send(app: Celery, order: audit.Order, wish: Wish, task: TaskResult) -> RetryOutcome:
    claim = retry_claims.draft(app, order, wish, _planned(app, order.viewer, wish, task))
    _take(order.viewer, wish, claim)
    if refused := sending.send(app, [claim]):
        return RetryOutcome(original=task, refusals=tuple(refused.values()), operation=claim.operation)
    signals.tell_retried(order.viewer, claim.operation)
    return _outcome(order.viewer, task, claim.operation)


def _planned(app: Celery, viewer: Viewer, wish: Wish, task: TaskResult) -> Planned:
    found = retry_plan.plan(app, viewer, wish, [task])[task.pk]
    if isinstance(found, Refusal):
        raise Refused(found)
    return found


def _take(viewer: Viewer, wish: Wish, claim: retry_claims.Claim) -> None:
    try:
        retry_claims.take(viewer, wish, [claim])
    except retry_claims.Changed as changed:
        raise Refused(changed.refusals[claim.task.pk]) from None
    except DatabaseError as error:
        if not oversized.is_refused([claim.record.body, claim.record.options], guards.database(), error):
            raise
        retry_claims.refuse_message(wish, "The database refuses the message as too large; nothing was sent.")


def _taken(order: audit.Order, task: TaskResult) -> RetryOutcome:
    """Another request was faster: the same one, sent twice, or somebody else's."""
    if done := audit.earlier(order, task):
        return _outcome(order.viewer, task, done)
    other = Operation.objects.using(guards.database()).filter(open_claim=claims.open_claim(task.task_id)).first()
    if other is None:
        raise Refused(retry_checks.already_retried(retry_checks.newer(order.viewer, [task.task_id]).get(task.task_id)))
    is_seen = other.new_task_id in retry_checks.seen_among(order.viewer, [str(other.new_task_id)])
    raise Refused(retry_checks.already_retried(other.new_task_id if is_seen else None))


def _outcome(viewer: Viewer, task: TaskResult, operation: Operation) -> RetryOutcome:
    """The new run's row only for who may see it: a policy may tell it from the task that was run before."""
    row = guards.visible_rows(viewer).filter(task_id=operation.new_task_id).first()
    return RetryOutcome(original=task, task_id=operation.new_task_id, new_task=row, operation=operation)
