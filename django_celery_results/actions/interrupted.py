"""Carrying on what was interrupted between claim and publish: once its lease is over, the same id is sent."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from celery import Celery
from django.db.models import QuerySet

from django_celery_results.clock import DatabaseNow
from django_celery_results.message_codec import MessageUnavailable, decode
from django_celery_results.models import Operation, OperationState, TaskMessage

from . import audit, claims, signals
from .celery_app import registered_task
from .claims import RETRY, REVOKE
from .guards import database
from .outcome import ErrorCode, Refusal, Refused
from .publishing import explain, publish

logger = logging.getLogger(__name__)

LIMIT = 1_000
"""Claims that one call carries on: a worker is not to be kept from its work, and there are others."""
_BATCH = 20


@dataclass(kw_only=True)
class Healed:
    """How far it went."""

    count: int = 0
    is_broker_away: bool = False


def heal(app: Celery, limit: int = _BATCH) -> int:
    """Carry on interrupted retries, the oldest first, with the same new ids; returns how many.

    What cannot be sent yet is left alone for another lease.
    """
    healed = Healed()
    seen = 0
    while seen < limit and not healed.is_broker_away:
        batch = list(expired().order_by("lease_until", "pk")[: min(_BATCH, limit - seen)])
        if not batch:
            break
        for operation in batch:
            if not healed.is_broker_away:
                _heal(app, operation, healed)
        seen += len(batch)
    return healed.count


def expired() -> QuerySet[Operation]:
    """The claims whose process died."""
    return Operation.objects.using(database()).filter(
        action__in=(RETRY, REVOKE), state=OperationState.CLAIMED, lease_until__lt=DatabaseNow()
    )


def _heal(app: Celery, operation: Operation, healed: Healed) -> None:
    mine = Operation.objects.using(database()).filter(
        pk=operation.pk, state=OperationState.CLAIMED, lease_until=operation.lease_until
    )
    if not mine.update(lease_until=audit.lease()):
        return  # another process heals it
    operation.refresh_from_db(fields=["lease_until"])
    if operation.action != RETRY:
        audit.fail([operation], Refusal(code=ErrorCode.WORKERS_UNREACHABLE, message="The process was interrupted."))
    elif claims.untouched([operation.new_task_id]).exists():
        _send_again(app, operation, healed)
        return
    else:  # a worker has it, so it was sent
        claims.finish([operation])
        signals.tell_retried(None, operation)
    healed.count += 1


def _send_again(app: Celery, operation: Operation, healed: Healed) -> None:
    try:
        message = decode(app, TaskMessage.objects.using(database()).get(task_id=operation.new_task_id))
        registered_task(app, message.task_name)
    except (TaskMessage.DoesNotExist, MessageUnavailable, Refused) as error:
        claims.undo([operation], _why_never(error))
        healed.count += 1
        return
    try:
        publish(app, str(operation.new_task_id), message)
    except Exception as error:
        logger.exception("Retry of task %s is not sent yet", operation.task_id)  # its lease runs again
        healed.is_broker_away = explain(error, message).code == ErrorCode.BROKER_UNREACHABLE
        return
    audit.close([operation], OperationState.DONE, outcome=_healed(operation))
    signals.tell_retried(None, operation)
    healed.count += 1


def _why_never(error: Exception) -> Refusal:
    if isinstance(error, Refused):
        return error.refusal
    return Refusal(code=ErrorCode.ARGUMENTS_UNAVAILABLE, message=str(error))


def _healed(operation: Operation) -> str:
    return json.dumps({**json.loads(operation.outcome), "healed": True})
