"""What a task came from and what came of it, for all siblings in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from django_celery_results.models import TaskResult

from . import lookups, tasks
from .pages import Page, PageRequest
from .session import Session

PARENT, RETRIED = "parent_id", "retried_from"
_NEWEST_FIRST = (F("date_created").desc(), F("pk").desc())


def parent(session: Session, row: TaskResult) -> TaskResult | None:
    """The task that sent this one, if its row is still there and visible."""
    return _referred(session, row, PARENT)


def root(session: Session, row: TaskResult) -> TaskResult | None:
    """The first task of the workflow; for that task, itself."""
    return row if row.root_id == row.task_id else _referred(session, row, "root_id")


def retried_from(session: Session, row: TaskResult) -> TaskResult | None:
    """The task that this one is another run of."""
    return _referred(session, row, RETRIED)


def children(session: Session, row: TaskResult, request: PageRequest) -> Page[TaskResult]:
    """The tasks this one sent, newest first."""
    return _referring(session, row, PARENT, request)


def retried_as(session: Session, row: TaskResult, request: PageRequest) -> Page[TaskResult]:
    """The tasks that are other runs of this one, newest first."""
    return _referring(session, row, RETRIED, request)


def _referred(session: Session, row: TaskResult, column: str) -> TaskResult | None:
    others = (getattr(sibling, column) for sibling in session.siblings(row))
    return session.by_id(getattr(row, column), also=others)


def _referring(session: Session, row: TaskResult, column: str, request: PageRequest) -> Page[TaskResult]:
    page = session.page(request, within=lookups.equal(column, row.task_id))
    if request.is_first:
        ids = tuple(sibling.task_id for sibling in session.siblings(row))
        heads = session.once((column, request, ids), lambda: _heads(session, column, request, ids))
        page.preload(heads.get(row.task_id, []))
    return page


def _heads(session: Session, column: str, request: PageRequest, ids: tuple[str, ...]) -> dict[str, list[TaskResult]]:
    """The first rows for each of these ids, one more than asked for, in one query."""
    place = Window(RowNumber(), partition_by=F(column), order_by=_NEWEST_FIRST)
    rows: QuerySet[TaskResult] = tasks.visible(session.viewer).filter(**{f"{column}__in": ids})
    grouped: dict[str, list[TaskResult]] = defaultdict(list)
    for found in session.load(rows.annotate(_place=place).filter(_place__lte=request.size() + 1).order_by("_place")):
        grouped[getattr(found, column)].append(found)
    return grouped
