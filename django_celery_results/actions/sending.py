"""Publishing what was claimed: what went out is marked, and what did not is undone."""

from __future__ import annotations

import time
from collections.abc import Sequence

from celery import Celery

from django_celery_results.conf import settings

from . import claims
from .outcome import ErrorCode, Refusal
from .publishing import explain, publish
from .retry_claims import Claim

STOPPING = (ErrorCode.BROKER_UNREACHABLE, ErrorCode.APP_NOT_CONFIGURED)
"""Refusals that every other task would get too."""
_MARKED_AT_ONCE = 10
"""A process that is killed leaves so many messages at most that are out and not marked: those are sent twice."""
_INTERRUPTED = Refusal(
    code=ErrorCode.BROKER_UNREACHABLE, message="The action was interrupted before this task was sent; send it again."
)


def send(app: Celery, found: Sequence[Claim]) -> dict[int, Refusal]:
    """Publish all of them; returns why some were not sent, by the primary key of the task."""
    waiting = list(found)
    unmarked: list[Claim] = []
    refused: dict[int, Refusal] = {}
    leased = time.monotonic()
    try:
        while waiting:
            claim = waiting.pop(0)
            if refusal := _publish(app, claim):
                not_sent = [claim, *_emptied(waiting)] if refusal.code in STOPPING else [claim]
                refused |= dict.fromkeys(_undo(not_sent, refusal), refusal)
                continue
            unmarked.append(claim)
            if len(unmarked) == _MARKED_AT_ONCE:
                _mark(_emptied(unmarked))
            if waiting and time.monotonic() - leased > settings().operation_lease / 4:
                claims.renew([each.operation for each in waiting])
                leased = time.monotonic()
    finally:  # also where somebody presses Ctrl-C: what was under way then stays claimed, and is sent after its lease
        _mark(unmarked)
        if waiting:
            _undo(waiting, _INTERRUPTED)
    return refused


def _publish(app: Celery, claim: Claim) -> Refusal | None:
    message = claim.planned.plan.message
    try:
        publish(app, str(claim.operation.new_task_id), message)
    except Exception as error:  # noqa: BLE001 - brokers, serializers and receivers raise anything; the claim must go
        return explain(error, message)
    return None


def _mark(found: Sequence[Claim]) -> None:
    if found:
        claims.finish(each.operation for each in found)


def _undo(found: Sequence[Claim], refusal: Refusal) -> list[int]:
    """Returns the primary keys of the tasks that were not sent by another process either."""
    kept = [each.planned.record for each in found if each.planned.plan.keeps_id]
    undone = claims.undo([each.operation for each in found], refusal, kept)
    return [each.task.pk for each in found if each.operation in undone]


def _emptied(found: list[Claim]) -> list[Claim]:
    """What was in the list, which is empty now."""
    taken = found[:]
    found.clear()
    return taken
