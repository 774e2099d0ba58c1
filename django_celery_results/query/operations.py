"""The record of what was ordered: who, what, to which task, why, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from django_celery_results.conf import settings
from django_celery_results.models import Operation, TaskResult
from django_celery_results.policy import parameters
from django_celery_results.policy.access import Action, Policy, narrows, policy, require
from django_celery_results.policy.redaction import HIDDEN
from django_celery_results.policy.viewer import Viewer

from . import budget, payloads, tasks
from .conditions import EVERYTHING, all_of
from .filters import NEEDS
from .operators import Comparison, DateTimeFilter, IDFilter, StringFilter
from .ordering import OperationOrder
from .pages import Page, PageRequest
from .session import Session
from .tasks import HEAVY

FINGERPRINT = "fingerprint"
"""In a recorded input: tells two requests by one idempotency key apart, and is shown to nobody."""
_SIBLINGS = "_siblings"
OVERRIDES = ("args", "kwargs", "headers")
"""What a retry may override that is payload."""
_PAYLOADS = frozenset({*OVERRIDES, "search", *NEEDS})


@dataclass(frozen=True, kw_only=True)
class OperationFilter:
    """Which operations. Everything that is given must hold."""

    action: StringFilter | None = None
    actor: StringFilter | None = None
    task_id: IDFilter | None = None
    started_at: DateTimeFilter | None = None
    is_part: bool | None = None
    """Whether it is one task of an order for many."""

    def condition(self) -> Q:
        comparisons: dict[str, Comparison | None] = {
            "action": self.action,
            "actor_name": self.actor,
            "task_id": self.task_id,
            "started_at": self.started_at,
        }
        part = EVERYTHING if self.is_part is None else Q(bulk__isnull=not self.is_part)
        return part & all_of(comparison.condition(column) for column, comparison in comparisons.items() if comparison)


def visible(viewer: Viewer) -> QuerySet[Operation]:
    """Every operation this viewer may know of."""
    require(viewer, Action.VIEW_OPERATION)
    return policy().visible_operations(Operation.objects.all(), viewer)


def page(
    viewer: Viewer, request: PageRequest, where: OperationFilter | None = None, within: Q | None = None
) -> Page[Operation]:
    """Operations, the newest first. `within` narrows the list to those of one order."""
    rows = visible(viewer)
    rows = rows.filter(where.condition()) if where else rows
    return Page(rows, OperationOrder(), request, ("operations", where, within), load=load, within=within)


def by_pks(viewer: Viewer, pks: Collection[int]) -> dict[int, Operation]:
    """The visible operations of these primary keys, in one query."""
    return {row.pk: row for row in load(visible(viewer).filter(pk__in=pks))}


def load(rows: QuerySet[Operation]) -> list[Operation]:
    """The rows, which know which others came with them; without what nobody is shown."""
    rows = rows.defer("input", "undo").annotate(**payloads.heads(("input",)))
    found = list(rows)
    payloads.attach(found, ("input",), rows)
    for row in found:
        row.__dict__[_SIBLINGS] = found
    return found


def siblings(row: Operation) -> Sequence[Operation]:
    """The rows that came together with this one."""
    found: Sequence[Operation] = row.__dict__.get(_SIBLINGS) or [row]
    return found


def told(session: Session, row: Operation) -> Any:
    """The input as it was recorded, secrets hidden.

    Payloads of others' orders are for who may see those of the task. Those of a task in `REDACT_TASKS` are for nobody,
    and neither are those of an order for many tasks where one of them may be such a task.
    """
    stored = payloads.stored(row, "input")
    budget.show_bytes(stored.byte_length if stored else 0)
    found = json.loads(stored.text if stored and stored.text else "{}")
    if not _is_own(session.viewer, row) and not _may_see_payload(session, row):
        return _with_payloads(found, lambda _name, _value: HIDDEN)
    if row.task_id is None and hides_some_tasks() and isinstance(found, dict):
        return {**found, **{name: HIDDEN for name in OVERRIDES if name in found}}
    return _with_payloads(found, lambda name, value: _redacted(row, name, value))


def _redacted(row: Operation, name: str, value: Any) -> Any:
    """By the rules of today, whatever they were when it was recorded."""
    if name == "args" and isinstance(value, list):
        is_of_many = row.task_id is None
        value, _ = (
            parameters.hide_for_any_task(value, HIDDEN) if is_of_many else parameters.hide(value, row.task_name, HIDDEN)
        )
    return policy().redact(value, task_name=row.task_name)[0]


def hides_some_tasks() -> bool:
    """Whether values of some tasks are hidden that those of others are not."""
    return bool(settings().redact_tasks) or type(policy()).redact is not Policy.redact


def _is_own(viewer: Viewer, row: Operation) -> bool:
    return viewer.identity is not None and row.actor_id == viewer.identity


def _may_see_payload(session: Session, row: Operation) -> bool:
    """Of a task that is gone only its name is known: not enough for a project that narrows which tasks are seen.

    An order for many tasks tells of all of them, so a project that judges tasks one by one shows the parts only.
    """
    viewer = session.viewer
    if row.task_id is None:
        return type(policy()).may is Policy.may and policy().may(viewer, Action.VIEW_PAYLOAD)
    rows = siblings(row)
    found: dict[str, TaskResult] = session.together("tasks of operations", rows, lambda: _tasks(viewer, rows))
    task = found.get(row.task_id)
    if task is None and narrows(viewer):
        return False
    return policy().may(viewer, Action.VIEW_PAYLOAD, task or TaskResult(task_id=row.task_id, task_name=row.task_name))


def _tasks(viewer: Viewer, rows: Sequence[Operation]) -> dict[str, TaskResult]:
    """The visible tasks of these operations, by their ids."""
    ids = {row.task_id for row in rows if row.task_id is not None}
    found: QuerySet[TaskResult] = policy().visible(tasks.every(), viewer).filter(task_id__in=ids)
    return {task.task_id: task for task in found.defer(*HEAVY).order_by()}


def _with_payloads(value: Any, shown: Callable[[str, Any], Any]) -> Any:
    if isinstance(value, dict):
        return {
            name: shown(name, item) if name in _PAYLOADS else _with_payloads(item, shown)
            for name, item in value.items()
        }
    return [_with_payloads(item, shown) for item in value] if isinstance(value, list) else value
