"""Claiming tasks for a retry: their operations, the rows of the new runs and their messages, all or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from celery import Celery
from kombu.utils.uuid import uuid

from django_celery_results import message
from django_celery_results.codec import shorten
from django_celery_results.message_codec import MessageUnavailable, encode
from django_celery_results.models import Operation, TaskMessage, TaskResult
from django_celery_results.policy.viewer import Viewer
from django_celery_results.querysets import saves_itself
from django_celery_results.states import TaskState

from . import audit, claims, reopening, retry_checks
from .celery_app import check_leaves_trace
from .guards import database
from .outcome import ErrorCode, Refusal, refuse
from .publishing import destination
from .retry_plan import Planned, Wish


class Changed(Exception):
    """Some of the tasks are not any more what they were when the retry was planned; nothing was claimed."""

    def __init__(self, refusals: Mapping[int, Refusal]) -> None:
        self.refusals = refusals
        """By the primary key of the task."""
        super().__init__(", ".join(refusal.message for refusal in refusals.values()))


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One task that is about to be sent, as its operation says."""

    planned: Planned
    operation: Operation
    record: TaskMessage
    """The message that goes out, whatever the setting: who carries the retry on sends the same."""

    @property
    def task(self) -> TaskResult:
        return self.planned.task


def draft(app: Celery, order: audit.Order, wish: Wish, planned: Planned) -> Claim:
    """A claim, not taken yet; refuses a message that cannot be kept."""
    check_leaves_trace(app, planned.plan.message.task_name)
    new_id = planned.task.task_id if planned.plan.keeps_id else uuid()
    operation = audit.draft(
        order,
        planned.task,
        new_task_id=new_id,
        open_claim=claims.open_claim(planned.task.task_id),
        idempotency_key=audit.digest(order),
        lease_until=audit.lease(),
    )
    operation.outcome = claims.outcome_of(operation)
    return Claim(planned=planned, operation=operation, record=_record(app, new_id, wish, planned))


def take(viewer: Viewer, wish: Wish, found: Sequence[Claim]) -> None:
    """Claim all of them; raises `claims.Taken` or `Changed` where one of them cannot be had, and then claims none."""
    claims.claim([each.operation for each in found], lambda: _write(viewer, wish, found))


def refuse_message(wish: Wish, why: str) -> NoReturn:
    """What is to be sent cannot be kept: for what the sender changed, or for what it was sent with."""
    if wish.overrides.changes_arguments:
        refuse(ErrorCode.INVALID_INPUT, why, path=("overrides",))
    refuse(ErrorCode.ARGUMENTS_UNAVAILABLE, why)


def _record(app: Celery, task_id: str, wish: Wish, planned: Planned) -> TaskMessage:
    try:
        return encode(app, task_id, planned.plan.message)
    except MessageUnavailable as error:
        refuse_message(wish, error.message)


def _write(viewer: Viewer, wish: Wish, found: Sequence[Claim]) -> None:
    _check_still(viewer, wish, found)
    _insert([_pending_row(each) for each in found if not each.planned.plan.keeps_id])
    _reopen([each for each in found if each.planned.plan.reopens])
    message.store([each.record for each in found], using=database())  # after the rows, as workers store them


def _check_still(viewer: Viewer, wish: Wish, found: Sequence[Claim]) -> None:
    """Under the claim: the rows are as they were read, and nobody finished a retry in between."""
    rows = TaskResult._default_manager.using(database()).filter(pk__in=[each.task.pk for each in found])
    current = dict(rows.values_list("pk", "status"))
    newer = {} if wish.allow_retried else retry_checks.newer(viewer, [each.task.task_id for each in found])
    refused: dict[int, Refusal] = {}
    for task in (each.task for each in found):
        if task.pk not in current:
            refused[task.pk] = Refusal(code=ErrorCode.NOT_FOUND, message="The task was deleted a moment ago.")
        elif wrong := retry_checks.wrong_state(current[task.pk], wish.allow_states):
            refused[task.pk] = wrong
        elif task.task_id in newer:
            refused[task.pk] = retry_checks.already_retried(newer[task.task_id])
    if refused:
        raise Changed(refused)


def _insert(rows: Sequence[TaskResult]) -> None:
    if saves_itself(TaskResult, database()):  # somebody listens to every row that is saved
        for row in rows:
            row.save(using=database(), force_insert=True)
    else:
        TaskResult._default_manager.using(database()).bulk_create(rows)


def _pending_row(claim: Claim) -> TaskResult:
    """The row of the new run, as it stands until a worker takes it."""
    options = claim.planned.plan.message.options
    queue, _, routing_key = destination(options)
    return TaskResult(
        task_id=claim.operation.new_task_id,
        task_name=claim.task.task_name or claim.planned.plan.message.task_name,
        periodic_task_name=claim.task.periodic_task_name,
        status=TaskState.PENDING,
        content_type="application/json",
        content_encoding="utf-8",
        queue=shorten(queue or routing_key or "", 255) or None,
        priority=(options.get("delivery") or {}).get("priority"),
        root_id=options.get("root_id") or claim.operation.new_task_id,
        parent_id=options.get("parent_id"),
        group_id=options.get("group"),
        retried_from=claim.task.task_id,
    )


def _reopen(found: Sequence[Claim]) -> None:
    """Let what waited for these tasks wait once more, and note in their operations what it was."""
    if not found:
        return
    members = reopening.reopen([each.task for each in found if each.planned.plan.keeps_id])
    later = reopening.reopen_later([task_id for each in found for task_id in each.planned.plan.later_ids])
    parts = reopening.reopen_parts([part for each in found for part in each.planned.plan.parts])
    for each in found:
        plan, operation = each.planned.plan, each.operation
        rows = [members.pop(each.task.pk)] if plan.keeps_id else []
        rows += [later.pop(task_id) for task_id in plan.later_ids if task_id in later]
        undo = {"rows": rows, "parts": [parts.pop(part) for part in plan.parts if part in parts]}
        operation.undo = json.dumps(undo)
        operation.outcome = claims.outcome_of(operation, before=undo)
    Operation.objects.using(database()).bulk_update([each.operation for each in found], ["undo", "outcome"])
