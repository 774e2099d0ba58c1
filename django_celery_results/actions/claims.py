"""Claims on tasks: taken with the new row in one transaction, undone if nothing was sent, carried on after a crash."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from typing import Any

from celery import Celery
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from django_celery_results.codec import shorten
from django_celery_results.message_codec import Message, MessageUnavailable, decode
from django_celery_results.models import Operation, OperationState, TaskMessage, TaskResult
from django_celery_results.states import TaskState

from . import audit, reopening, signals
from .celery_app import registered_task
from .guards import database
from .outcome import ErrorCode, Refusal, Refused
from .publishing import destination, explain, publish

logger = logging.getLogger(__name__)
Undo = dict[str, Any]

RETRY, REVOKE = "retry", "revoke"
_ATTEMPTS = 3
_BATCH = 20


class Taken(Exception):
    """Somebody else holds a claim on this task, or this key was used a moment ago."""


def claim(operation: Operation, prepare: Callable[[], Undo | None] = lambda: None) -> None:
    """Save the operation and whatever `prepare` writes, all or nothing; raises `Taken` where another was faster.

    `prepare` returns what un-claiming has to restore.
    """
    for attempt in range(_ATTEMPTS):
        try:
            # The operation comes first: its unique keys make a second one wait here and then see what the first did.
            with transaction.atomic(using=database(), durable=True):
                operation.pk = None
                operation.save(using=database(), force_insert=True)
                if undo := prepare():
                    operation.undo = json.dumps(undo)
                    operation.save(using=database(), update_fields=["undo"])
            return
        except IntegrityError as error:
            raise Taken from error
        except OperationalError:  # a deadlock between two claims: one of them is asked to try again
            if attempt == _ATTEMPTS - 1:
                raise


def open_claim(task_id: str) -> str:
    """What `Operation.open_claim` says while a retry of this task is under way.

    A digest, because MySQL and MariaDB warn of unique columns that could hold an action and an id of any length.
    """
    return hashlib.sha256(f"{RETRY}:{task_id}".encode(errors="replace")).hexdigest()


def pending_row(operation: Operation, message: Message, original: TaskResult) -> TaskResult:
    """The row of the new run, as it stands until a worker takes it."""
    queue, _, routing_key = destination(message.options)
    return TaskResult(
        task_id=operation.new_task_id,
        task_name=original.task_name or message.task_name,
        periodic_task_name=original.periodic_task_name,
        status=TaskState.PENDING,
        content_type="application/json",
        content_encoding="utf-8",
        queue=shorten(queue or routing_key or "", 255) or None,
        priority=(message.options.get("delivery") or {}).get("priority"),
        root_id=message.options.get("root_id") or operation.new_task_id,
        parent_id=message.options.get("parent_id"),
        group_id=message.options.get("group"),
        retried_from=original.task_id,
    )


def send(app: Celery, operation: Operation, message: Message, record: TaskMessage | None) -> Refusal | None:
    """Publish what was claimed and mark it; un-claim where it was not sent. `record` is the one of the first run."""
    task_id = str(operation.new_task_id)
    try:
        publish(app, task_id, message)
    except Exception as error:  # noqa: BLE001 - brokers, serializers and receivers raise anything; the claim must go
        refusal = explain(error, message)
        undo(operation, refusal, record)
        return refusal
    _finish(operation)
    return None


def undo(operation: Operation, refusal: Refusal, record: TaskMessage | None = None) -> None:
    """Nothing was sent: what the claim wrote goes, what it reopened is as before, and the task can be retried again."""
    with transaction.atomic(using=database()):
        if operation.undo:
            reopening.restore(json.loads(operation.undo))
        if operation.new_task_id != operation.task_id:
            TaskResult._default_manager.using(database()).filter(**_untouched(operation)).delete()
            TaskMessage.objects.using(database()).filter(task_id=operation.new_task_id).delete()
        elif record:
            record.save(using=database())
        audit.fail(operation, refusal)


def heal(app: Celery) -> int:
    """Carry on retries whose process died between claim and publish, with the same new id; returns how many."""
    return sum(_heal(app, operation) for operation in expired().order_by("lease_until")[:_BATCH])


def expired() -> QuerySet[Operation]:
    """The claims whose process died."""
    return Operation.objects.using(database()).filter(
        action__in=(RETRY, REVOKE), state=OperationState.CLAIMED, lease_until__lt=timezone.now()
    )


def _heal(app: Celery, operation: Operation) -> bool:
    mine = Operation.objects.using(database()).filter(
        pk=operation.pk, state=OperationState.CLAIMED, lease_until=operation.lease_until
    )
    if not mine.update(lease_until=audit.lease()):
        return False  # another process heals it
    if operation.action != RETRY:
        audit.fail(operation, Refusal(code=ErrorCode.WORKERS_UNREACHABLE, message="The process was interrupted."))
        return True
    if not TaskResult._default_manager.using(database()).filter(**_untouched(operation)).exists():
        _finish(operation)  # a worker has it, so it was sent
        signals.tell_retried(None, operation)
        return True
    return _send_again(app, operation)


def _send_again(app: Celery, operation: Operation) -> bool:
    try:
        message = decode(app, TaskMessage.objects.using(database()).get(task_id=operation.new_task_id))
        registered_task(app, message.task_name)
        publish(app, str(operation.new_task_id), message)
    except (TaskMessage.DoesNotExist, MessageUnavailable, Refused) as error:
        undo(operation, Refusal(code=ErrorCode.ARGUMENTS_UNAVAILABLE, message=str(error)))
    except Exception:
        logger.exception("Retry of task %s is not sent yet", operation.task_id)  # its lease runs again
        return False
    else:
        _finish(operation, healed=True)
        signals.tell_retried(None, operation)
    return True


def _finish(operation: Operation, **more: Any) -> None:
    before = {"before": json.loads(operation.undo)} if operation.undo else {}
    audit.finish(operation, {"task_id": operation.new_task_id, **before, **more})


def _untouched(operation: Operation) -> dict[str, Any]:
    """The new run's row, if no worker has it yet: none ever writes PENDING."""
    return {"task_id": operation.new_task_id, "status": TaskState.PENDING}
