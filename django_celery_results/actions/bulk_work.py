"""Retry, revoke and delete many tasks: what `bulk` does to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django_celery_results.models import OperationState, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import budget
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.operators import IDFilter

from . import audit, forget, retry_checks, revoke_checks, signals, stopping
from .bulk import BulkOptions, bulk
from .claims import RETRY, REVOKE
from .forget import FORGET
from .outcome import BulkItem, BulkOutcome, ItemOutcome, Refusal, Refused
from .retry_many import retry_many, unsendable
from .retry_plan import Wish
from .selection import Selection


def bulk_retry(viewer: Viewer, selection: Selection, wish: Wish, options: BulkOptions) -> BulkOutcome:
    """Run many tasks again."""
    return bulk(viewer, selection, RetryWork(wish=wish), options)


def bulk_revoke(viewer: Viewer, selection: Selection, wish: revoke_checks.Wish, options: BulkOptions) -> BulkOutcome:
    """Stop many tasks; workers are told of a batch at once."""
    with budget.waiting(wish.wait) as wait:
        return bulk(viewer, selection, RevokeWork(wish=replace(wish, wait=wait)), options)


def revoke_group(viewer: Viewer, group_id: str, wish: revoke_checks.Wish, options: BulkOptions) -> BulkOutcome:
    """Stop what is left of a group: its members that have a row."""
    members = TaskResultFilter(group_id=IDFilter(eq=group_id), is_ready=False)
    return bulk_revoke(viewer, Selection(filter=members), wish, options)


def bulk_forget(viewer: Viewer, selection: Selection, options: BulkOptions) -> BulkOutcome:
    """Delete many results."""
    return bulk(viewer, selection, ForgetWork(), options)


@dataclass(frozen=True, kw_only=True)
class RetryWork:
    """A few statements per batch, and one message per task."""

    wish: Wish
    action: str = field(default=RETRY, init=False)

    def as_input(self) -> dict[str, Any]:
        return self.wish.as_input()

    def needs(self) -> Sequence[Action]:
        return (Action.RETRY,)

    def check(self, viewer: Viewer) -> None:
        self.wish.check(viewer)

    def preview(self, viewer: Viewer, tasks: Sequence[TaskResult]) -> list[BulkItem]:
        found = retry_checks.blockers_for(viewer, tasks, self.wish.allow_states, allow_retried=self.wish.allow_retried)
        found |= unsendable(viewer, self.wish, [task for task in tasks if not found[task.pk]])
        return [_previewed(task, found[task.pk]) for task in tasks]

    def run(self, order: audit.Order, tasks: Sequence[TaskResult]) -> list[BulkItem]:
        done = retry_many(order, self.wish, tasks)
        refused = {pk: [each.refusal] if each.refusal else [] for pk, each in done.items()}
        audit.record_each(order, [task for task in tasks if not done[task.pk].is_on_record], refused, {})
        return [_item(task, refused[task.pk], done[task.pk].new_task_id) for task in tasks]


@dataclass(frozen=True, kw_only=True)
class RevokeWork:
    """One broadcast per batch."""

    wish: revoke_checks.Wish
    action: str = field(default=REVOKE, init=False)

    def as_input(self) -> dict[str, Any]:
        return self.wish.as_input()

    def needs(self) -> Sequence[Action]:
        return self.wish.needs()

    def check(self, viewer: Viewer) -> None:
        revoke_checks.check_wish(self.wish)

    def preview(self, viewer: Viewer, tasks: Sequence[TaskResult]) -> list[BulkItem]:
        return [_previewed(task, revoke_checks.refusals(viewer, self.wish, task)) for task in tasks]

    def run(self, order: audit.Order, tasks: Sequence[TaskResult]) -> list[BulkItem]:
        refused = {task.pk: revoke_checks.refusals(order.viewer, self.wish, task) for task in tasks}
        accepted = [task for task in tasks if not refused[task.pk]]
        told = self._tell(accepted) if accepted else {}
        operations = audit.record_each(order, tasks, refused, told)
        for operation in operations:
            if operation.state == OperationState.DONE:
                signals.tell_revoked(order.viewer, operation)
        return [_item(task, refused[task.pk]) for task in tasks]

    def _tell(self, tasks: Sequence[TaskResult]) -> dict[str, Any]:
        """What the workers said, for the audit."""
        replies = stopping.tell(stopping.controlled_app(), self.wish, tasks)
        if refusal := stopping.unheard(replies):
            raise Refused(refusal)
        return {"workers": {reply.worker: reply.message for reply in replies}}


@dataclass(frozen=True, kw_only=True)
class ForgetWork:
    """One deletion per batch."""

    action: str = field(default=FORGET, init=False)

    def as_input(self) -> dict[str, Any]:
        return {}

    def needs(self) -> Sequence[Action]:
        return (Action.DELETE,)

    def check(self, viewer: Viewer) -> None:
        pass

    def preview(self, viewer: Viewer, tasks: Sequence[TaskResult]) -> list[BulkItem]:
        return [_previewed(task, forget.refusals(viewer, task)) for task in tasks]

    def run(self, order: audit.Order, tasks: Sequence[TaskResult]) -> list[BulkItem]:
        refused = forget.forget_many(order, tasks)
        return [_item(task, refused[task.pk]) for task in tasks]


def _previewed(task: TaskResult, refusals: Sequence[Refusal]) -> BulkItem:
    return _item(task, refusals, done=ItemOutcome.PENDING)


def _item(
    task: TaskResult,
    refusals: Sequence[Refusal],
    new_task_id: str | None = None,
    *,
    done: ItemOutcome = ItemOutcome.DONE,
) -> BulkItem:
    if refusals:
        return BulkItem(task_id=task.task_id, outcome=ItemOutcome.SKIPPED, refusal=refusals[0])
    return BulkItem(task_id=task.task_id, outcome=done, new_task_id=new_task_id)
