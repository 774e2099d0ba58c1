"""The operation rows: who did what and why. The same row is the idempotency key and the claim on a task."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from django_celery_results.clock import DatabaseNow
from django_celery_results.codec import clean, shorten
from django_celery_results.conf import settings
from django_celery_results.models import Operation, OperationState, TaskResult
from django_celery_results.policy import parameters
from django_celery_results.policy.access import policy
from django_celery_results.policy.redaction import HIDDEN
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import operations

from .guards import database
from .outcome import ErrorCode, Refusal, refuse
from .plain import plain

REFUSALS = "refusals"
"""The action of the operation that counts those refusals of a minute which are not recorded one by one."""
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
        **_actor(viewer),
        remote_address=_cut("remote_address", viewer.remote_address),
        reason=_reason(order),
        task_id=task.task_id if task else None,
        task_name=_cut("task_name", task.task_name) if task else None,
        input=_bounded(_input(order, task), fingerprint=_fingerprint(order)),
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
    if order.viewer.identity is None and not order.viewer.is_system:
        message = "You have neither a primary key nor a user name to keep a key under: leave it out."
        refuse(ErrorCode.INVALID_INPUT, message, path=("idempotency_key",))
    owner = "system" if order.viewer.is_system else f"user {order.viewer.identity}"
    return hashlib.sha256(f"{owner}\0{key}".encode(errors="replace")).hexdigest()


def lease() -> Any:
    """Until when a claim is its owner's alone, by the database's clock: an expression to store."""
    return DatabaseNow() + timedelta(seconds=settings().operation_lease)


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
    return next(iter(record_refusals([order], [task], refusal)), None)


def record_refusals(
    orders: Sequence[Order], tasks: Sequence[TaskResult | None], refusal: Refusal
) -> Sequence[Operation]:
    """Put refusals of one viewer on record, as many as a minute has room for.

    Who lacks the permission could otherwise fill the table: of such an order the input is not kept either.
    """
    if not orders:
        return []
    kept = len(orders) if orders[0].bulk else admitted(orders[0].viewer, len(orders))
    is_forbidden = refusal.code is ErrorCode.FORBIDDEN
    operations = [
        draft(replace(order, input={}) if is_forbidden else order, task, finished_at=timezone.now(), **closing(refusal))
        for order, task in zip(orders[:kept], tasks[:kept], strict=True)
    ]
    if len(operations) == 1:  # MySQL does not tell the keys of rows that are inserted together
        operations[0].save(using=database())
        return operations
    return Operation.objects.using(database()).bulk_create(operations)


def admitted(viewer: Viewer, count: int) -> int:
    """How many of so many further refusals are recorded one by one; the others of this minute are counted."""
    if viewer.is_system or not count:
        return count
    minute = timezone.now().replace(second=0, microsecond=0)
    limit = settings().refusals_kept_per_minute
    known = Operation.objects.using(database()).filter(
        started_at__gte=minute, state=OperationState.REFUSED, bulk=None, **_actor(viewer)
    )
    kept = min(count, max(limit - len(known.exclude(action=REFUSALS).values_list("pk")[:limit]), 0))
    if kept < count:
        _count(viewer, minute, count - kept)
    return kept


def _count(viewer: Viewer, minute: datetime, more: int) -> None:
    """Count refusals in the operation that stands for all of them in this minute."""
    key = hashlib.sha256(f"{REFUSALS}\0{_actor(viewer)}\0{minute.isoformat()}".encode(errors="replace")).hexdigest()
    rows = Operation.objects.using(database())
    begun = {"action": REFUSALS, "state": OperationState.REFUSED, "finished_at": timezone.now(), **_actor(viewer)}
    # Not locked yet: InnoDB would lock the gap of a missing row for all who look for it, and their inserts deadlock.
    row, _ = rows.get_or_create(idempotency_key=key, defaults=begun)
    with transaction.atomic(using=database()):
        row = rows.select_for_update().get(pk=row.pk)
        count = json.loads(row.outcome).get("count", 0) + more
        reason = f"{count} more refusals of this minute are not recorded one by one: see REFUSALS_KEPT_PER_MINUTE."
        rows.filter(pk=row.pk).update(outcome=dump({"count": count}), reason=reason)


def _actor(viewer: Viewer) -> dict[str, Any]:
    name = _cut("actor_name", "system" if viewer.is_system else viewer.username) or ""
    return {"actor_id": viewer.identity, "actor_name": name}


def record_each(
    order: Order,
    tasks: Sequence[TaskResult],
    refused: Mapping[int, Sequence[Refusal]],
    outcome: Mapping[str, Any],
) -> list[Operation]:
    """Record an operation per task, all by one statement: refused where there is a refusal under its primary key.

    Of an order by itself only as many refusals as a minute has room for; of a part of an order for many tasks each.
    """
    if order.bulk is None:
        known = [task for task in tasks if refused[task.pk]]
        left_out = {task.pk for task in known[admitted(order.viewer, len(known)) :]}
        tasks = [task for task in tasks if task.pk not in left_out]
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


def _input(order: Order, task: TaskResult | None) -> Any:
    """Of an order for many tasks without what one of them may hide: the operation of each task has it, where it may."""
    shown = _redacted(_without_secret_args(order.input, task), task)
    if task is None and isinstance(shown, dict) and operations.hides_some_tasks():
        return {**shown, **{name: HIDDEN for name in operations.OVERRIDES if name in shown}}
    return shown


def _without_secret_args(given: Mapping[str, Any], task: TaskResult | None) -> Mapping[str, Any]:
    """An order for many tasks names none: then what any task would name a secret is hidden."""
    args = given.get("args")
    if not isinstance(args, list | tuple):
        return given
    known = [plain(each) for each in args]
    shown, _ = parameters.hide(known, task.task_name, HIDDEN) if task else parameters.hide_for_any_task(known, HIDDEN)
    return {**given, "args": shown}


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
