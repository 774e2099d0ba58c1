"""The record of what was ordered: who, what, to which task, why, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from django_celery_results.models import Operation
from django_celery_results.policy.access import Action, narrows, policy, require
from django_celery_results.policy.redaction import HIDDEN
from django_celery_results.policy.viewer import Viewer

from .conditions import EVERYTHING, all_of
from .filters import NEEDS
from .operators import Comparison, DateTimeFilter, IDFilter, StringFilter
from .ordering import OperationOrder
from .pages import Page, PageRequest

_SIBLINGS = "_siblings"
_PAYLOADS = frozenset({"args", "kwargs", "headers", "search", *NEEDS})


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
    """Every operation; only their own for viewers whose tasks the project narrows, as its rule speaks of tasks."""
    require(viewer, Action.VIEW_OPERATION)
    return Operation.objects.filter(Q(actor_id=viewer.pk) if narrows(viewer) else EVERYTHING)


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
    """The rows, which know which others came with them."""
    found = list(rows)
    for row in found:
        row.__dict__[_SIBLINGS] = found
    return found


def siblings(row: Operation) -> Sequence[Operation]:
    """The rows that came together with this one."""
    found: Sequence[Operation] = row.__dict__.get(_SIBLINGS) or [row]
    return found


def told(viewer: Viewer, row: Operation) -> Any:
    """The input as it was recorded, secrets hidden; payloads of others' orders are for who may see payloads."""
    found = json.loads(row.input)
    is_own = viewer.pk is not None and row.actor_id == viewer.pk
    return found if is_own or policy().may(viewer, Action.VIEW_PAYLOAD) else _without_payloads(found)


def _without_payloads(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: HIDDEN if name in _PAYLOADS else _without_payloads(item) for name, item in value.items()}
    return [_without_payloads(item) for item in value] if isinstance(value, list) else value
