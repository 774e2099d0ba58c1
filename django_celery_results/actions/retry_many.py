"""Run many tasks again, in a number of statements that does not grow with the number of tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from celery import Celery
from django.db import DatabaseError
from django.db.models.functions import Length

from django_celery_results.models import Operation, TaskMessage, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.tasks import TaskRef

from . import audit, claims, guards, interrupted, retry_checks, retry_claims, retry_plan, sending, signals
from .celery_app import celery_app
from .outcome import Refusal, Refused
from .retry import retry
from .retry_claims import Claim
from .retry_plan import Wish

_ATTEMPTS = 3
_CHARACTERS = 2**20
"""Of all messages that are in memory, and in one statement, at once; a longer one comes alone."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of one task."""

    new_task_id: str | None = None
    refusal: Refusal | None = None
    is_on_record: bool = True
    """Whether there is an operation that tells of it."""


def retry_many(order: audit.Order, wish: Wish, tasks: Sequence[TaskResult]) -> dict[int, Done]:
    """Send these tasks again; what became of each, by primary key. Raises `Refused` where none can be sent now.

    The tasks are of one bulk action: what one of its requests has sent is not sent by another.
    """
    app = celery_app()
    interrupted.heal(app)
    done = _forbidden(order, tasks) | _earlier(order, tasks)
    for part in _parts([task for task in tasks if task.pk not in done]):
        done |= _send(app, order, wish, part)
    return done


def unsendable(viewer: Viewer, wish: Wish, tasks: Sequence[TaskResult]) -> dict[int, list[Refusal]]:
    """What keeps some of these from being sent, by primary key: planned as for sending, and not carried out."""
    app = celery_app()
    planned = [found for part in _parts(tasks) for found in retry_plan.plan(app, viewer, wish, part).items()]
    return {pk: [refusal] for pk, refusal in planned if isinstance(refusal, Refusal)}


def _forbidden(order: audit.Order, tasks: Sequence[TaskResult]) -> dict[int, Done]:
    found = {task.pk: guards.missing(order.viewer, Action.RETRY, task) for task in tasks}
    return {pk: _refused(missing) for pk, missing in found.items() if missing}


def _earlier(order: audit.Order, tasks: Sequence[TaskResult]) -> dict[int, Done]:
    """What a request that died had sent already."""
    keys = {task.pk: audit.digest(_for(order, task)) for task in tasks}
    found = audit.earlier_of(list(keys.values()))
    return {pk: Done(new_task_id=found[key].new_task_id) for pk, key in keys.items() if key in found}


def _for(order: audit.Order, task: TaskResult) -> audit.Order:
    """The order for one of the tasks, with a key of its own."""
    return replace(order, idempotency_key=f"bulk {order.bulk.pk} {task.pk}" if order.bulk else None)


def _parts(tasks: Sequence[TaskResult]) -> Iterator[list[TaskResult]]:
    """As many at once as memory and the database's packets are sure to hold."""
    rows = TaskMessage.objects.using(guards.database()).filter(task_id__in=[task.task_id for task in tasks])
    lengths = dict(rows.values_list("task_id", Length("body") + Length("options")))
    part: list[TaskResult] = []
    characters = 0
    for task in tasks:
        length = lengths.get(task.task_id) or 0
        if part and characters + length > _CHARACTERS:
            yield part
            part, characters = [], 0
        part.append(task)
        characters += length
    if part:
        yield part


def _send(app: Celery, order: audit.Order, wish: Wish, tasks: Sequence[TaskResult]) -> dict[int, Done]:
    """All that can be claimed together; one by one what cannot."""
    done: dict[int, Done] = {}
    left = list(tasks)
    for _ in range(_ATTEMPTS):
        found, refused = _drafted(app, order, wish, left)
        done |= refused
        if not found:
            return done
        try:
            retry_claims.take(order.viewer, wish, found)
        except retry_claims.Changed as changed:
            done |= {pk: _refused(refusal) for pk, refusal in changed.refusals.items()}
        except claims.Taken:
            done |= _taken(order.viewer, left)
        except (Refused, DatabaseError):
            break  # a row changed under our hands, or one of the messages is too large: which one, only each can tell
        else:
            return done | _sent(app, order, found)
        left = [task for task in left if task.pk not in done]
    return done | {task.pk: _one(order, wish, task) for task in left if task.pk not in done}


def _drafted(
    app: Celery, order: audit.Order, wish: Wish, tasks: Sequence[TaskResult]
) -> tuple[list[Claim], dict[int, Done]]:
    plans = retry_plan.plan(app, order.viewer, wish, tasks)
    found: list[Claim] = []
    refused = {pk: _refused(plan) for pk, plan in plans.items() if isinstance(plan, Refusal)}
    for task in tasks:
        plan = plans[task.pk]
        if isinstance(plan, Refusal):
            continue
        try:
            found.append(retry_claims.draft(app, _for(order, task), wish, plan))
        except Refused as error:
            _raise_stopping(error.refusal)
            refused[task.pk] = _refused(error.refusal)
    return found, refused


def _taken(viewer: Viewer, tasks: Sequence[TaskResult]) -> Mapping[int, Done]:
    """Those that somebody else is about to send."""
    pks = {claims.open_claim(task.task_id): task.pk for task in tasks}
    others = Operation.objects.using(guards.database()).filter(open_claim__in=pks)
    new_ids = {pks[str(other.open_claim)]: str(other.new_task_id) for other in others}
    seen = retry_checks.seen_among(viewer, list(new_ids.values()))
    named = {pk: task_id if task_id in seen else None for pk, task_id in new_ids.items()}
    return {pk: _refused(retry_checks.already_retried(task_id)) for pk, task_id in named.items()}


def _sent(app: Celery, order: audit.Order, found: Sequence[Claim]) -> dict[int, Done]:
    refused = sending.send(app, found)
    sent = [claim for claim in found if claim.task.pk not in refused]
    for claim in sent:
        signals.tell_retried(order.viewer, claim.operation)
    for refusal in refused.values():
        _raise_stopping(refusal)
    done = {claim.task.pk: Done(new_task_id=claim.operation.new_task_id) for claim in sent}
    return done | {pk: Done(refusal=refusal) for pk, refusal in refused.items()}


def _one(order: audit.Order, wish: Wish, task: TaskResult) -> Done:
    outcome = retry(
        order.viewer,
        TaskRef(id=task.pk),
        scope=wish.scope,
        overrides=wish.overrides,
        allow_states=wish.allow_states,
        allow_retried=wish.allow_retried,
        reason=order.reason,
        idempotency_key=_for(order, task).idempotency_key,
        bulk=order.bulk,
    )
    for refusal in outcome.refusals:
        _raise_stopping(refusal)
    return Done(new_task_id=outcome.task_id, refusal=next(iter(outcome.refusals), None))


def _refused(refusal: Refusal) -> Done:
    return Done(refusal=refusal, is_on_record=False)


def _raise_stopping(refusal: Refusal) -> None:
    if refusal.code in sending.STOPPING:
        raise Refused(refusal)
