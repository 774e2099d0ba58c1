"""Orders a list can have: one value that no listed row lacks, then the primary key in the same direction.

An index serves those that are offered to everybody; a setting allows the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from django_celery_results.conf import settings
from django_celery_results.exceptions import InvalidInput
from django_celery_results.states import READY

from . import filters
from .conditions import EVERYTHING
from .lookups import one_of, present

Row = TypeVar("Row", bound=Model)


class OrderDirection(StrEnum):
    """Smallest or largest first."""

    ASC = "ASC"
    DESC = "DESC"


class TaskResultOrderField(StrEnum):
    """What tasks can be ordered by; the value is the column, or the alias of an expression."""

    DATE_CREATED = "date_created"
    DATE_DONE = "date_done"
    DATE_STARTED = "date_started"
    RUNTIME = filters.RUNTIME


class GroupResultOrderField(StrEnum):
    """What groups can be ordered by; the value is the column."""

    DATE_CREATED = "date_created"


class OperationOrderField(StrEnum):
    """What operations are ordered by; the value is the column."""

    STARTED_AT = "started_at"


_READY = one_of("status", READY)
_COVERED = {
    TaskResultOrderField.DATE_DONE: _READY,
    TaskResultOrderField.DATE_STARTED: present("date_started"),
    TaskResultOrderField.RUNTIME: _READY & present("date_started"),
}
_SLOW = (TaskResultOrderField.DATE_STARTED, TaskResultOrderField.RUNTIME)


@dataclass(frozen=True, kw_only=True)
class TaskResultOrder:
    """Newest first unless said otherwise: the creation date never changes, so no page skips or repeats a row."""

    field: TaskResultOrderField = TaskResultOrderField.DATE_CREATED
    direction: OrderDirection = OrderDirection.DESC

    @property
    def covered(self) -> Q:
        """The rows this order lists: `date_done` moves until a task is ready, and is no answer before."""
        return _COVERED.get(self.field, EVERYTHING)


@dataclass(frozen=True, kw_only=True)
class GroupResultOrder:
    """Newest first unless said otherwise."""

    field: GroupResultOrderField = GroupResultOrderField.DATE_CREATED
    direction: OrderDirection = OrderDirection.DESC

    @property
    def covered(self) -> Q:
        return EVERYTHING


@dataclass(frozen=True, kw_only=True)
class OperationOrder:
    """Newest first."""

    field: OperationOrderField = OperationOrderField.STARTED_AT
    direction: OrderDirection = OrderDirection.DESC

    @property
    def covered(self) -> Q:
        return EVERYTHING


Order = TaskResultOrder | GroupResultOrder | OperationOrder


def require(order: TaskResultOrder) -> None:
    """Refuse an order that sorts every matching row, unless the service allows it."""
    if order.field in _SLOW and not settings().allow_slow_orders:
        raise InvalidInput(f"Lists are not ordered by {order.field.name} here; order by DATE_CREATED or DATE_DONE.")


def is_span(order: Order) -> bool:
    """Whether rows are placed by a span of time, and not by a moment."""
    return order.field is TaskResultOrderField.RUNTIME


def value_of(order: Order, row: Any) -> datetime | timedelta:
    """What places this row."""
    if is_span(order):
        runtime: timedelta = row.date_done - row.date_started
        return runtime
    moment: datetime = getattr(row, order.field.value)
    return moment


def listed(rows: QuerySet[Row], order: Order) -> QuerySet[Row]:
    """The rows that an order lists."""
    known = rows.alias(**filters.ALIASES) if is_span(order) else rows
    return known.filter(order.covered) if order.covered else known


def columns(order: Order, *, backward: bool = False) -> tuple[str, str]:
    """What to order rows by, as Django writes it; backward: for the rows before a place, the nearest first."""
    sign = "-" if (order.direction is OrderDirection.DESC) != backward else ""
    return f"{sign}{order.field.value}", f"{sign}pk"
