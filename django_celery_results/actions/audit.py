"""The operation rows: who did what and why. The same row is the idempotency key and the claim on a task."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.crypto import salted_hmac

from django_celery_results.codec import clean, shorten
from django_celery_results.conf import settings
from django_celery_results.models import Operation, OperationState, TaskResult
from django_celery_results.policy.access import policy
from django_celery_results.policy.viewer import Viewer

from .guards import database
from .outcome import ErrorCode, Refusal, refuse
from .plain import plain

_KEY_LENGTH = 255
_REASON_LENGTH = 2_000
_MAX_TEXT = 100_000


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody asked for."""

    viewer: Viewer
    action: str
    reason: str | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    bulk: Operation | None = None


def draft(order: Order, task: TaskResult | None, **columns: Any) -> Operation:
    """An operation row, not saved yet; secrets in the input are not in it."""
    viewer = order.viewer
    return Operation(
        action=order.action,
        actor_id=_cut("actor_id", viewer.pk),
        actor_name=_cut("actor_name", "system" if viewer.is_system else viewer.username) or "",
        remote_address=_cut("remote_address", viewer.remote_address),
        reason=_reason(order),
        task_id=task.task_id if task else None,
        task_name=_cut("task_name", task.task_name) if task else None,
        input=_bounded(_redacted(order.input, task), fingerprint=_fingerprint(order)),
        bulk=order.bulk,
        **columns,
    )


def part_of(order: Order, bulk: Operation, action: str, given: Mapping[str, Any]) -> Order:
    """The same order for one task of many, without the selection: that stands in the operation of them all."""
    return replace(order, action=action, bulk=bulk, input=given, idempotency_key=None)


def earlier(order: Order, task: TaskResult | None) -> Operation | None:
    """What the same viewer got for the same key; refuses a key that was used for something else."""
    found = of_key(order)
    if found is None:
        return None
    same = found.action == order.action and found.task_id == (task.task_id if task else None)
    if not same or json.loads(found.input).get("fingerprint") != _fingerprint(order):
        refuse(
            ErrorCode.DUPLICATE_REQUEST,
            "This idempotency key was used for another request: send a new key with a new request.",
            path=("idempotency_key",),
        )
    return found


def of_key(order: Order) -> Operation | None:
    """What the same viewer did by the same key, whatever it was."""
    key = digest(order)
    return Operation.objects.using(database()).filter(idempotency_key=key).first() if key else None


def earlier_of(keys: Sequence[str | None]) -> dict[str, Operation]:
    """What was done for these digests, by digest."""
    known = Operation.objects.using(database()).filter(idempotency_key__in=[key for key in keys if key])
    return {str(operation.idempotency_key): operation for operation in known}


def digest(order: Order) -> str | None:
    """The key as it is stored: two viewers never share one."""
    key = order.idempotency_key
    if key is None:
        return None
    if not 0 < len(key) <= _KEY_LENGTH:
        refuse(ErrorCode.INVALID_INPUT, f"A key has 1 to {_KEY_LENGTH} characters.", path=("idempotency_key",))
    owner = "system" if order.viewer.is_system else f"user {order.viewer.pk}"
    return hashlib.sha256(f"{owner}\0{key}".encode(errors="replace")).hexdigest()


def lease() -> Any:
    """Until when a claim is its owner's alone."""
    return timezone.now() + timedelta(seconds=settings().operation_lease)


def outcome_text(operation: Operation, outcome: Mapping[str, Any]) -> str:
    """As the column holds it: secrets redacted, and no more of it than an audit needs."""
    shown, _ = policy().redact(plain(dict(outcome)), task_name=operation.task_name)
    return _bounded(shown, task_id=operation.new_task_id)


def finish(operation: Operation, outcome: Mapping[str, Any]) -> None:
    """The action was carried out."""
    close([operation], OperationState.DONE, outcome=outcome_text(operation, outcome))


def fail(operations: Iterable[Operation], refusal: Refusal) -> None:
    """The actions were begun and undone; their keys may be used again."""
    close(operations, OperationState.FAILED, **_refusal(refusal), idempotency_key=None)


def close(operations: Iterable[Operation], state: OperationState, **columns: Any) -> None:
    """End what was claimed, by one statement, unless another process did so meanwhile."""
    operations = list(operations)
    columns.update(state=state, open_claim=None, lease_until=None, undo=None, finished_at=timezone.now())
    claimed = Operation.objects.using(database()).filter(
        pk__in=[operation.pk for operation in operations], state=OperationState.CLAIMED
    )
    claimed.update(**columns)
    for operation in operations:
        for name, value in columns.items():
            setattr(operation, name, value)


def record_refusal(order: Order, task: TaskResult | None, refusal: Refusal) -> Operation | None:
    """Put a refusal on record, except where this database may not be written or nobody is known to have asked."""
    if refusal.code in (ErrorCode.IN_TRANSACTION, ErrorCode.NOT_FOUND) or not order.viewer.is_authenticated:
        return None
    operation = draft(order, task, finished_at=timezone.now(), **closing(refusal))
    operation.save(using=database())
    return operation


def record_each(
    order: Order,
    tasks: Sequence[TaskResult],
    refused: Mapping[int, Sequence[Refusal]],
    outcome: Mapping[str, Any],
) -> list[Operation]:
    """Record an operation per task, all by one statement: refused where there is a refusal under its primary key."""
    return Operation.objects.using(database()).bulk_create(
        draft(
            order,
            task,
            finished_at=timezone.now(),
            **closing(refused[task.pk][0])
            if refused[task.pk]
            else {"state": OperationState.DONE, "outcome": dump({"status": task.status, **outcome})},
        )
        for task in tasks
    )


def closing(refusal: Refusal) -> dict[str, Any]:
    """The columns of an operation that was refused."""
    return {"state": OperationState.REFUSED, **_refusal(refusal)}


def _refusal(refusal: Refusal) -> dict[str, Any]:
    return {"error_code": refusal.code.value, "outcome": dump({"message": refusal.message})}


def _fingerprint(order: Order) -> str:
    text = json.dumps(plain(dict(order.input)), sort_keys=True)
    return salted_hmac("django_celery_results.operation", text, algorithm="sha256").hexdigest()[:32]


def _reason(order: Order) -> str | None:
    shown = _redacted(order.reason, None) if order.reason else None
    return None if shown is None else shorten(str(shown), _REASON_LENGTH)  # a project's policy may hide the whole of it


def _redacted(value: Any, task: TaskResult | None) -> Any:
    shown, _ = policy().redact(plain(value), task_name=task.task_name if task else None)
    return clean(shown) if isinstance(shown, str) else shown


def dump(value: Any) -> str:
    """As the columns of an operation hold it."""
    return json.dumps(plain(value))


def _bounded(value: Any, **always: Any) -> str:
    """An audit is no second place for arguments and results of megabytes."""
    known = value if isinstance(value, dict) else {"shown": value}  # a policy may hide the whole of it
    text = json.dumps({**known, **always})
    return text if len(text) <= _MAX_TEXT else json.dumps({**always, "is_truncated": True, "length": len(text)})


def _cut(column: str, value: Any) -> str | None:
    limit: int | None = getattr(Operation._meta.get_field(column), "max_length", None)
    return None if value is None else shorten(clean(str(value)), limit)
