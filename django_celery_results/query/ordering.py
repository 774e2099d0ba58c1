"""Orders a list can have: one column that is indexed and never null, then the primary key in the same direction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from django_celery_results.states import READY

from .conditions import EVERYTHING
from .lookups import one_of


class OrderDirection(StrEnum):
    """Smallest or largest first."""

    ASC = "ASC"
    DESC = "DESC"


class TaskResultOrderField(StrEnum):
    """What tasks can be ordered by; the value is the column."""

    DATE_CREATED = "date_created"
    DATE_DONE = "date_done"


class GroupResultOrderField(StrEnum):
    """What groups can be ordered by; the value is the column."""

    DATE_CREATED = "date_created"


@dataclass(frozen=True, kw_only=True)
class TaskResultOrder:
    """Newest first unless said otherwise: the creation date never changes, so no page skips or repeats a row."""

    field: TaskResultOrderField = TaskResultOrderField.DATE_CREATED
    direction: OrderDirection = OrderDirection.DESC

    @property
    def covered(self) -> Q:
        """The rows this order lists: `date_done` moves until a task is ready, and is no answer before."""
        return one_of("status", READY) if self.field is TaskResultOrderField.DATE_DONE else EVERYTHING


@dataclass(frozen=True, kw_only=True)
class GroupResultOrder:
    """Newest first unless said otherwise."""

    field: GroupResultOrderField = GroupResultOrderField.DATE_CREATED
    direction: OrderDirection = OrderDirection.DESC

    @property
    def covered(self) -> Q:
        return EVERYTHING


class OperationOrderField(StrEnum):
    """What operations are ordered by; the value is the column."""

    STARTED_AT = "started_at"


@dataclass(frozen=True, kw_only=True)
class OperationOrder:
    """Newest first."""

    field: OperationOrderField = OperationOrderField.STARTED_AT
    direction: OrderDirection = OrderDirection.DESC

    @property
    def covered(self) -> Q:
        return EVERYTHING


Order = TaskResultOrder | GroupResultOrder | OperationOrder


def columns(order: Order, *, backward: bool = False) -> tuple[str, str]:
    """What to order rows by, as Django writes it; backward: for the rows before a place, the nearest first."""
    sign = "-" if (order.direction is OrderDirection.DESC) != backward else ""
    return f"{sign}{order.field.value}", f"{sign}pk"
