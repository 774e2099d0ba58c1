"""Orders for many tasks: how far they have come, and the operation of each task; for all rows of a page at once."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from django_celery_results.models import Operation, OperationState

from . import operations
from .pages import Page, PageRequest
from .session import Session

_BULK = "bulk_"
_NEWEST_FIRST = (F("started_at").desc(), F("pk").desc())


@dataclass(kw_only=True, eq=False)
class BulkOperation:
    """An operation over many tasks."""

    row: Operation
    session: Session

    @cached_property
    def _progress(self) -> dict[str, Any]:
        found = json.loads(self.row.outcome)
        return found if isinstance(found, dict) else {}

    def _number(self, name: str) -> int:
        found = self._progress.get(name)
        return found if isinstance(found, int) else 0

    @property
    def matched_count(self) -> int:
        return self._number("matched")

    @property
    def done_count(self) -> int:
        return self._number("done")

    @property
    def skipped_count(self) -> int:
        return self._number("skipped")

    @property
    def remaining_count(self) -> int:
        """Of an order that nobody has finished; rows that are gone since then count until it is."""
        if self.row.state != OperationState.CLAIMED:
            return 0
        return max(self.matched_count - self.done_count - self.skipped_count, 0)

    def items(self, request: PageRequest) -> Page[Operation]:
        """One operation for each task, the newest first."""
        page = operations.page(self.session.viewer, request, within=Q(bulk_id=self.row.pk))
        if request.is_first:
            pks = tuple(row.pk for row in operations.siblings(self.row) if _is_bulk(row))
            heads = self.session.once(("items", request, pks), lambda: _heads(self.session, request, pks))
            page.preload(heads.get(self.row.pk, []))
        return page


def of_operation(session: Session, row: Operation) -> BulkOperation | None:
    """What an operation over many tasks has come to; None for one over a single task."""
    return BulkOperation(row=row, session=session) if _is_bulk(row) else None


def around(session: Session, row: Operation) -> Operation | None:
    """The order for many tasks that this operation is a part of."""
    pks = tuple({other.bulk_id for other in operations.siblings(row) if other.bulk_id})
    if row.bulk_id is None:
        return None
    found: dict[int, Operation] = session.once(("operations", pks), lambda: operations.by_pks(session.viewer, pks))
    return found.get(row.bulk_id)


def _is_bulk(row: Operation) -> bool:
    return row.action.startswith(_BULK)


def _heads(session: Session, request: PageRequest, pks: tuple[int, ...]) -> dict[int, list[Operation]]:
    """The first items of each of these, one more than asked for, in one query."""
    place = Window(RowNumber(), partition_by=F("bulk_id"), order_by=_NEWEST_FIRST)
    rows = operations.visible(session.viewer).filter(bulk_id__in=pks).annotate(_place=place).defer("outcome")
    grouped: dict[int, list[Operation]] = defaultdict(list)
    for found in operations.load(rows.filter(_place__lte=request.size() + 1).order_by("_place")):
        grouped[found.bulk_id or 0].append(found)
    return grouped
