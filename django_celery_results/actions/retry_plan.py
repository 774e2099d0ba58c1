"""What a retry would send: the message that is kept, changed as its sender wishes; for many tasks at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from celery import Celery

from django_celery_results.message import LEFT_OUT
from django_celery_results.message_codec import Message, MessageUnavailable, decode
from django_celery_results.models import TaskMessage, TaskResult
from django_celery_results.policy.viewer import Viewer
from django_celery_results.states import TaskState

from . import composing, continuing, retry_checks
from . import overrides as overriding
from .arguments import check_arguments
from .celery_app import registered_task
from .continuing import Plan
from .embedded import check_embedded
from .guards import check_queue, database, missing_override
from .outcome import ErrorCode, Refusal, Refused, refuse
from .overrides import RetryOverrides, check_overrides
from .retry_checks import RETRYABLE


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
        wished = {"scope": self.scope, "allow_states": self.allow_states, "allow_retried": self.allow_retried}
        return {**wished, **self.overrides.given()}

    def check(self, viewer: Viewer) -> None:
        """Refuse what this viewer may not change, whichever task it is."""
        if missing := missing_override(viewer, self.overrides.given()):
            raise Refused(missing)
        check_overrides(self.overrides)
        check_queue(viewer, self.overrides.queue)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A task that can be sent again."""

    task: TaskResult
    record: TaskMessage
    """What it was sent with."""
    plan: Plan


def plan(app: Celery, viewer: Viewer, wish: Wish, tasks: Sequence[TaskResult]) -> dict[int, Planned | Refusal]:
    """What would be sent for each, by primary key, or why that cannot be known or must not be."""
    ids = [task.task_id for task in tasks]
    records = {record.task_id: record for record in TaskMessage.objects.using(database()).filter(task_id__in=ids)}
    newer = {} if wish.allow_retried else retry_checks.newer(viewer, ids)
    found: dict[int, Planned | Refusal] = {}
    for task in tasks:
        try:
            if missing := missing_override(viewer, wish.overrides.given(), task):
                raise Refused(missing)
            if wrong := retry_checks.wrong_state(task.status, wish.allow_states):
                raise Refused(wrong)
            if task.task_id in newer:
                raise Refused(retry_checks.already_retried(newer[task.task_id]))
            planned = _plan(app, wish, task, records.get(task.task_id))
            check_embedded(app, viewer, planned.plan.message)
            found[task.pk] = planned
        except Refused as refused:
            found[task.pk] = refused.refusal
    awaiting = {pk: each.plan.parts for pk, each in found.items() if isinstance(each, Planned)}
    return found | continuing.closed_chords(awaiting)


def _plan(app: Celery, wish: Wish, task: TaskResult, record: TaskMessage | None) -> Planned:
    if record is None:
        raise Refused(retry_checks.unavailable())
    kept = _kept(app, record)
    registered = registered_task(app, kept.task_name)
    continues = wish.scope == RetryScope.CONTINUE
    _refuse_what_was_left_out(kept, continues=continues)
    found = continuing.plan(app, kept, task) if continues else Plan(message=composing.alone(app, kept, task))
    message = overriding.apply(wish.overrides, found.message)
    check_arguments(registered, kept, message, wish.overrides)
    return Planned(task=task, record=record, plan=replace(found, message=message))


def _refuse_what_was_left_out(message: Message, *, continues: bool) -> None:
    left_out = message.options.get(LEFT_OUT) or []
    if continues and left_out:
        refuse(
            ErrorCode.ARGUMENTS_UNAVAILABLE,
            "What waits for this task hides its arguments, so that they were not kept: retry it with the scope ALONE.",
        )
    if "errbacks" in left_out:
        refuse(
            ErrorCode.ARGUMENTS_UNAVAILABLE,
            "An error callback of this task hides its arguments, so that they were not kept: start the task again.",
        )


def _kept(app: Celery, record: TaskMessage) -> Message:
    try:
        return decode(app, record)
    except MessageUnavailable as error:
        refuse(ErrorCode.ARGUMENTS_UNAVAILABLE, error.message)
