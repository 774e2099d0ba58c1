"""What a task came from and what came of it, for all siblings in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from django_celery_results.exceptions import InvalidInput
from django_celery_results.models import TaskResult

from . import lookups, tasks
from .conditions import any_of
from .counting import StateCount, counted
from .pages import Page, PageRequest
from .session import Session

MAX_WORKFLOW = 1_000
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


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """The tasks around one task, however they were called: chains, groups, chords, and tasks sent by tasks."""

    root_task_id: str
    tasks: Sequence[TaskResult]
    """The oldest first."""
    is_truncated: bool

    @property
    def state_counts(self) -> list[StateCount]:
        return counted(row.status for row in self.tasks)


def workflow(session: Session, row: TaskResult, limit: int) -> Workflow:
    """Everything with the same root, as far as rows are there and visible; loaded once for all of them."""
    if not 0 < limit <= MAX_WORKFLOW:
        raise InvalidInput(f"`limit` lies between 1 and {MAX_WORKFLOW}.")
    root_id = row.root_id or row.task_id
    found: list[TaskResult] = session.once(("workflow", root_id, limit), lambda: _workflow(session, root_id, limit))
    return Workflow(root_task_id=root_id, tasks=found[:limit], is_truncated=len(found) > limit)


def _workflow(session: Session, root_id: str, limit: int) -> list[TaskResult]:
    together = any_of([lookups.equal("root_id", root_id), lookups.equal("task_id", root_id)])
    rows = tasks.visible(session.viewer).filter(together).order_by("date_created", "pk")
    return session.load(rows[: limit + 1])


def _referred(session: Session, row: TaskResult, column: str) -> TaskResult | None:
    others = (getattr(sibling, column) for sibling in session.siblings(row))
    return session.by_id(getattr(row, column), also=others)


def _referring(session: Session, row: TaskResult, column: str, request: PageRequest) -> Page[TaskResult]:
    page = session.page(request, within=lookups.equal(column, row.task_id))
    if request.is_first:
        rows = session.siblings(row)
        heads = session.together((column, request), rows, lambda: _heads(session, column, request, rows))
        page.preload(heads.get(row.task_id, []))
    return page


def _heads(
    session: Session, column: str, request: PageRequest, rows: Sequence[TaskResult]
) -> dict[str, list[TaskResult]]:
    """The first of those that refer to each of these rows, one more than asked for, in one query."""
    place = Window(RowNumber(), partition_by=F(column), order_by=_NEWEST_FIRST)
    referring = lookups.one_of(column, [row.task_id for row in rows])
    visible: QuerySet[TaskResult] = tasks.visible(session.viewer).filter(referring)
    grouped: dict[str, list[TaskResult]] = defaultdict(list)
    for found in session.load(visible.annotate(_place=place).filter(_place__lte=request.size() + 1).order_by("_place")):
        grouped[getattr(found, column)].append(found)
    return grouped
