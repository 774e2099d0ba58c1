"""The orders, for every engine: each gives one order to the actions room and hands on its outcome.

`read` is the engine's way to its input, called here since input that no order can be made of is a refusal like others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from django_celery_results.actions import bulk_work, forget, retry, revoke
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.outcome import (
    BulkOutcome,
    ErrorCode,
    ForgetOutcome,
    Refusal,
    RetryOutcome,
    RevokeOutcome,
)
from django_celery_results.exceptions import InvalidInput
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import budget
from graphql_api import refused

Outcome = TypeVar("Outcome", RetryOutcome, RevokeOutcome, ForgetOutcome, BulkOutcome)
Read = Callable[[], dict[str, Any]]
"""Returns the fields of the input that were given or have defaults, as `graphql_api.inputs` makes them."""
_NO_TIME_LEFT = Refusal(
    code=ErrorCode.TOO_SLOW,
    message="The mutations before this one took all the time that one operation has, and nothing was done here: send "
    "it again in an operation of its own.",
)


def retry_task(viewer: Viewer, read: Read) -> RetryOutcome:
    """Run a task again."""

    def order(task: Any, **wishes: Any) -> RetryOutcome:
        outcome = retry.retry(viewer, task, **wishes)
        states: dict[str, Any] = {name: wishes[name] for name in ("allow_states", "allow_retried") if name in wishes}
        return _with_blockers(viewer, outcome, states)

    return _ordered(RetryOutcome, "task", order, read)


def revoke_task(viewer: Viewer, read: Read) -> RevokeOutcome:
    """Stop a task."""

    def order(task: Any, **wishes: Any) -> RevokeOutcome:
        return revoke.revoke(viewer, task, **wishes)

    return _ordered(RevokeOutcome, "task", order, read)


def delete_task_result(viewer: Viewer, read: Read) -> ForgetOutcome:
    """Delete a result."""

    def order(task: Any, **wishes: Any) -> ForgetOutcome:
        return forget.forget(viewer, task, **wishes)

    return _ordered(ForgetOutcome, "task", order, read)


def bulk_retry_tasks(viewer: Viewer, read: Read) -> BulkOutcome:
    """Run many tasks again."""

    def order(select: Any, options: Any = None, overrides: Any = None, **wish: Any) -> BulkOutcome:
        states = tuple(wish.pop("allow_states"))
        how = retry.Wish(overrides=overrides or retry.RetryOverrides(), allow_states=states, **wish)
        return bulk_work.bulk_retry(viewer, select, how, options or BulkOptions())

    return _ordered(BulkOutcome, "select", order, read)


def bulk_revoke_tasks(viewer: Viewer, read: Read) -> BulkOutcome:
    """Stop many tasks."""

    def order(select: Any, terminate: bool, signal: Any, options: Any = None) -> BulkOutcome:
        how = revoke.Wish(terminate=terminate, signal=signal.value)
        return bulk_work.bulk_revoke(viewer, select, how, options or BulkOptions())

    return _ordered(BulkOutcome, "select", order, read)


def revoke_group(viewer: Viewer, read: Read) -> BulkOutcome:
    """Stop what is left of a group."""

    def order(group_id: str, terminate: bool, signal: Any, options: Any = None) -> BulkOutcome:
        how = revoke.Wish(terminate=terminate, signal=signal.value)
        return bulk_work.revoke_group(viewer, group_id, how, options or BulkOptions())

    return _ordered(BulkOutcome, "group_id", order, read)


def bulk_delete_task_results(viewer: Viewer, read: Read) -> BulkOutcome:
    """Delete many results."""

    def order(select: Any, options: Any = None) -> BulkOutcome:
        return bulk_work.bulk_forget(viewer, select, options or BulkOptions())

    return _ordered(BulkOutcome, "select", order, read)


def _with_blockers(viewer: Viewer, outcome: RetryOutcome, states: dict[str, Any]) -> RetryOutcome:
    """An action stops at the first reason against it; whoever asked wants to know of the others before asking again."""
    task = outcome.original
    if task is None or not any(map(refused.is_about_task, outcome.refusals)):
        return outcome
    told = {refusal.code for refusal in outcome.refusals}
    others = (found for found in retry.blockers_for(viewer, [task], **states)[task.pk] if found.code not in told)
    return replace(outcome, refusals=(*outcome.refusals, *others))


def _ordered(outcome: Callable[..., Outcome], named: str, order: Callable[..., Outcome], read: Read) -> Outcome:
    """What the order comes to; `named` is the part of the input that names the tasks."""
    if not budget.seconds_left():  # an error would take the results of the mutations before this one with it
        return outcome(refusals=(_NO_TIME_LEFT,))
    try:
        found = order(**read())
        budget.allow_answer()
        if any(refusal.code is ErrorCode.FORBIDDEN for refusal in found.refusals):
            budget.note_forbidden()
        return found
    except InvalidInput as error:
        return outcome(refusals=(Refusal(code=ErrorCode.INVALID_INPUT, message=error.message, path=(named,)),))
