"""Many tasks at once: a limited number per request, carried on by the same key until none remains.

The first request fixes the highest primary key, so that rows which appear later are not drawn in. What was done so far
stands in the operation, and every task has an operation of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import DatabaseError
from django.db.models import Max, QuerySet
from django.utils import timezone

from django_celery_results.clock import DatabaseNow
from django_celery_results.exceptions import QueryTooSlow
from django_celery_results.models import Operation, OperationState, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import budget
from django_celery_results.query.tasks import HEAVY
from django_celery_results.query.time_limit import ran_out, reads_limited

from . import audit, claims, guards
from .outcome import BulkItem, BulkOutcome, ErrorCode, ItemOutcome, Refusal, Refused, refuse
from .selection import MAX_TASKS, Selection

SECONDS = 20.0
"""A request stops beginning new batches after this time, well before a web server gives up."""
_BATCH = 50


@dataclass(frozen=True, kw_only=True)
class BulkOptions:
    """How far to go, and why."""

    limit: int = MAX_TASKS
    """Tasks of this request at most."""
    expected_count: int | None = None
    """Refuse unless the selection still has this many tasks when the action begins."""
    dry_run: bool = False
    reason: str | None = None
    idempotency_key: str | None = None


class Work(Protocol):
    """What is done to each task."""

    @property
    def action(self) -> str: ...

    def as_input(self) -> dict[str, Any]: ...

    def needs(self) -> Sequence[Action]: ...

    def check(self, viewer: Viewer) -> None:
        """Refuse what is wrong for every task."""

    def preview(self, viewer: Viewer, tasks: Sequence[TaskResult]) -> list[BulkItem]: ...

    def run(self, order: audit.Order, tasks: Sequence[TaskResult]) -> list[BulkItem]:
        """One item per task, in their order; raises `Refused` where none can be done now."""


@dataclass(kw_only=True)
class Progress:
    """How far the action is, as its operation keeps it."""

    matched: int
    until: int
    after: int = 0
    done: int = 0
    skipped: int = 0

    def count(self, items: Sequence[BulkItem], last: TaskResult) -> None:
        self.after = last.pk
        self.done += sum(item.outcome is ItemOutcome.DONE for item in items)
        self.skipped += sum(item.outcome is ItemOutcome.SKIPPED for item in items)


def bulk(viewer: Viewer, selection: Selection, work: Work, options: BulkOptions) -> BulkOutcome:
    """Do the work to the tasks of the selection, as far as one request goes."""
    order = audit.Order(
        viewer=viewer,
        action=f"bulk_{work.action}",
        reason=options.reason,
        input={"select": selection.as_input(), **work.as_input()},
        idempotency_key=options.idempotency_key,
    )
    try:
        _check(viewer, work, options)
        rows = selection.rows(viewer).order_by("pk").defer(*HEAVY)
        return _looked(viewer, rows, work, options) if options.dry_run else _carry_out(order, rows, work, options)
    except Refused as refused:
        operation = None if options.dry_run else audit.record_refusal(order, None, refused.refusal)
        return BulkOutcome(refusals=(refused.refusal,), operation=operation)


def _check(viewer: Viewer, work: Work, options: BulkOptions) -> None:
    for action in work.needs():
        guards.require(viewer, action)
    work.check(viewer)
    if not 0 < options.limit <= MAX_TASKS:
        refuse(ErrorCode.INVALID_INPUT, f"The limit is a number from 1 to {MAX_TASKS}.", path=("options", "limit"))


def _looked(viewer: Viewer, rows: QuerySet[TaskResult], work: Work, options: BulkOptions) -> BulkOutcome:
    """A dry run is a read, and stops like one."""
    try:
        with reads_limited():
            return _preview(viewer, rows, work, options)
    except (QueryTooSlow, DatabaseError) as error:
        if isinstance(error, DatabaseError) and not ran_out(error):
            raise
        message = "It takes too long to find these tasks: select fewer, by a narrower filter or by their ids."
        raise Refused(Refusal(code=ErrorCode.TOO_SLOW, message=message, path=("select",))) from error


def _preview(viewer: Viewer, rows: QuerySet[TaskResult], work: Work, options: BulkOptions) -> BulkOutcome:
    matched = _matched(rows, options)
    items = work.preview(viewer, list(rows[: options.limit]))
    skipped = sum(item.outcome is ItemOutcome.SKIPPED for item in items)
    return BulkOutcome(
        matched_count=matched, skipped_count=skipped, remaining_count=matched - len(items), items=tuple(items)
    )


def _matched(rows: QuerySet[TaskResult], options: BulkOptions) -> int:
    matched = rows.count()
    if options.expected_count not in (None, matched):
        refuse(
            ErrorCode.SELECTION_CHANGED,
            f"{matched} tasks match now, not {options.expected_count}: look at the selection again.",
            path=("options", "expected_count"),
            matched_count=matched,
        )
    return matched


def _carry_out(order: audit.Order, rows: QuerySet[TaskResult], work: Work, options: BulkOptions) -> BulkOutcome:
    guards.outside_transaction()
    operation = audit.earlier(order, None) or _begin(order, rows, options)
    progress = Progress(**json.loads(operation.outcome))
    if operation.state != OperationState.CLAIMED:
        return _outcome(operation, progress, rows)
    _lease(operation)
    try:
        items, refusal = _work(order, operation, progress, rows, work, options.limit)
    finally:
        _save(operation, progress, rows)
    return _outcome(operation, progress, rows, items, refusal)


def _begin(order: audit.Order, rows: QuerySet[TaskResult], options: BulkOptions) -> Operation:
    until = rows.aggregate(until=Max("pk"))["until"] or 0
    progress = Progress(matched=_matched(rows.filter(pk__lte=until), options), until=until)
    operation = audit.draft(order, None, idempotency_key=audit.digest(order), outcome=json.dumps(vars(progress)))
    try:
        claims.claim([operation])
    except claims.Taken:
        return audit.earlier(order, None) or operation
    return operation


def _lease(operation: Operation) -> None:
    """One process at a time carries an action on; a lease that is over belonged to one that died."""
    free = Operation.objects.using(guards.database()).filter(pk=operation.pk, state=OperationState.CLAIMED)
    idle = free.filter(lease_until=None) | free.filter(lease_until__lt=DatabaseNow())
    if not idle.update(lease_until=audit.lease()):
        refuse(
            ErrorCode.DUPLICATE_REQUEST,
            "This action is being carried on by another request: wait for its answer, then send the key again.",
            path=("options", "idempotency_key"),
        )


def _work(
    order: audit.Order,
    operation: Operation,
    progress: Progress,
    rows: QuerySet[TaskResult],
    work: Work,
    limit: int,
) -> tuple[list[BulkItem], Refusal | None]:
    items: list[BulkItem] = []
    part = audit.part_of(order, operation, work.action, work.as_input())
    for batch in _batches(rows, progress, limit):
        try:
            done = work.run(part, batch)
        except Refused as refused:
            return items, refused.refusal  # the broker is down, for example: this batch is for the next request
        items += done
        progress.count(done, batch[-1])
        Operation.objects.using(guards.database()).filter(pk=operation.pk).update(
            outcome=json.dumps(vars(progress)), lease_until=audit.lease()
        )
    return items, None


def _batches(rows: QuerySet[TaskResult], progress: Progress, limit: int) -> Iterator[list[TaskResult]]:
    deadline = time.monotonic() + min(SECONDS, budget.seconds_left())
    while limit > 0 and time.monotonic() < deadline:
        batch = list(_left(rows, progress)[: min(limit, _BATCH)])
        if not batch:
            return
        limit -= len(batch)
        yield batch


def _left(rows: QuerySet[TaskResult], progress: Progress) -> QuerySet[TaskResult]:
    return rows.filter(pk__gt=progress.after, pk__lte=progress.until)


def _save(operation: Operation, progress: Progress, rows: QuerySet[TaskResult]) -> None:
    columns: dict[str, Any] = {"outcome": json.dumps(vars(progress)), "lease_until": None}
    if not _left(rows, progress).exists():
        columns.update(state=OperationState.DONE, finished_at=timezone.now())
    Operation.objects.using(guards.database()).filter(pk=operation.pk).update(**columns)
    for name, value in columns.items():
        setattr(operation, name, value)


def _outcome(
    operation: Operation,
    progress: Progress,
    rows: QuerySet[TaskResult],
    items: Sequence[BulkItem] = (),
    refusal: Refusal | None = None,
) -> BulkOutcome:
    return BulkOutcome(
        matched_count=progress.matched,
        done_count=progress.done,
        skipped_count=progress.skipped,
        remaining_count=_left(rows, progress).count(),
        items=tuple(items),
        refusals=(refusal,) if refusal else (),
        operation=operation,
    )
