"""Claims on tasks: taken all or nothing, marked once the messages are out, undone where nothing was sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import IntegrityError, OperationalError, transaction

from django_celery_results import message
from django_celery_results.models import Operation, OperationState, TaskMessage, TaskResult
from django_celery_results.states import TaskState

from . import audit, reopening
from .guards import database
from .outcome import Refusal

RETRY, REVOKE = "retry", "revoke"
_ATTEMPTS = 3


class Taken(Exception):
    """Somebody else holds a claim on one of these tasks, a key was used a moment ago, or a row refused the change."""


def claim(operations: Sequence[Operation], prepare: Callable[[], object] = lambda: None) -> None:
    """Save the operations and whatever `prepare` writes, all or nothing; raises `Taken` where another was faster."""
    for attempt in range(_ATTEMPTS):
        try:
            # The operations come first: their unique keys make a second one wait here and then see what the first did.
            with transaction.atomic(using=database(), durable=True):
                _insert(operations)
                prepare()
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


def outcome_of(operation: Operation, **more: Any) -> str:
    """The outcome of a retry that is sent, secrets redacted."""
    return audit.outcome_text(operation, {"task_id": operation.new_task_id, **more})


def finish(operations: Iterable[Operation]) -> None:
    """What was claimed is out; the outcome stands in the operations already."""
    audit.close(operations, OperationState.DONE)


def undo(operations: Sequence[Operation], refusal: Refusal, records: Sequence[TaskMessage] = ()) -> list[Operation]:
    """Nothing was sent: what the claims wrote goes, what they reopened is as before, and all can be retried again.

    `records` are the messages that those tasks were sent with which kept their ids. Returns what was undone: not what
    another process carried on, since this one took longer than its lease.
    """
    with transaction.atomic(using=database()):
        mine = _still_held(operations)
        new_ids = [operation.new_task_id for operation in mine if operation.new_task_id != operation.task_id]
        for operation in mine:
            if operation.undo:
                reopening.restore(json.loads(operation.undo))
        untouched(new_ids).delete()
        message.discard(filter(None, new_ids), using=database())
        kept = {operation.task_id for operation in mine}
        message.store([record for record in records if record.task_id in kept], using=database())
        audit.fail(mine, refusal)
    return mine


def untouched(task_ids: Iterable[str | None]) -> Any:
    """The rows of new runs that no worker has yet: none ever writes PENDING."""
    rows = TaskResult._default_manager.using(database())
    return rows.filter(task_id__in=list(task_ids), status=TaskState.PENDING)


def renew(operations: Sequence[Operation]) -> None:
    """Their owner is still at it."""
    with transaction.atomic(using=database()):
        mine = _still_held(operations)
        rows = Operation.objects.using(database()).filter(pk__in=[operation.pk for operation in mine])
        rows.update(lease_until=audit.lease())
        _read_leases(mine)


def _still_held(operations: Sequence[Operation]) -> list[Operation]:
    """Those whose lease is the one that this process took; whoever carries a claim on takes a lease of its own."""
    rows = Operation.objects.using(database()).filter(pk__in=[operation.pk for operation in operations])
    held = dict(rows.filter(state=OperationState.CLAIMED).select_for_update().values_list("pk", "lease_until"))
    return [operation for operation in operations if held.get(operation.pk) == operation.lease_until]


def _insert(operations: Sequence[Operation]) -> None:
    for operation in operations:
        operation.pk = None
    if len(operations) == 1:
        operations[0].save(using=database(), force_insert=True)
    else:
        _insert_many(operations)
    _read_leases([operation for operation in operations if operation.lease_until is not None])


def _insert_many(operations: Sequence[Operation]) -> None:
    rows = Operation.objects.using(database())
    rows.bulk_create(operations)
    if operations[-1].pk is None:  # MySQL does not tell the keys of rows that are inserted together
        claimed = dict(
            rows.filter(open_claim__in=[each.open_claim for each in operations]).values_list("open_claim", "pk")
        )
        for operation in operations:
            operation.pk = claimed[operation.open_claim]


def _read_leases(operations: Sequence[Operation]) -> None:
    """Learn until when, by the database's clock, these claims are this process's: who holds one is told by that."""
    rows = Operation.objects.using(database()).filter(pk__in=[operation.pk for operation in operations])
    leases = dict(rows.values_list("pk", "lease_until")) if operations else {}
    for operation in operations:
        operation.lease_until = leases[operation.pk]
