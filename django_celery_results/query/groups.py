"""Saved groups and their tasks: a page of groups costs a constant number of queries, whatever is asked of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain

from django.db.models import Q, QuerySet

from django_celery_results.conf import settings
from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy.access import Action, policy, require
from django_celery_results.policy.viewer import Viewer
from django_celery_results.states import READY, TaskState

from . import budget, filters, instances, lookups, ordering
from .conditions import NOTHING
from .counting import StateCount, counted
from .filters import GroupResultFilter, TaskResultFilter
from .members import members
from .ordering import GroupResultOrder, TaskResultOrder
from .pages import Page, PageRequest
from .session import Session

MAX_TOGETHER = 2_000
"""Tasks that are loaded at once for all groups of a page; larger groups page by queries of their own."""
_MAX_LISTED = 10_000
_CHUNK = 1_000
_ALWAYS_READ = ("group_id", "result", "content_type", "content_encoding")


@dataclass(kw_only=True, eq=False)
class Group:
    """A group's row with what its tasks say. Groups of one page share a batch."""

    row: GroupResult
    batch: Batch
    """Knows the rows, not the groups: what refers to itself stays in the memory until the garbage collector comes."""

    @property
    def pk(self) -> int:
        return self.row.pk

    @property
    def group_id(self) -> str:
        return self.row.group_id

    @property
    def date_created(self) -> datetime:
        return self.row.date_created

    @property
    def members(self) -> tuple[str, ...]:
        """Celery's ids of its tasks."""
        return self.batch.members(self.group_id)

    @property
    def size(self) -> int:
        return len(self.members)

    @cached_property
    def _outcomes(self) -> list[tuple[str, datetime]]:
        return [found for task_id in self.members if (found := self.batch.outcome(task_id))]

    @property
    def _statuses(self) -> list[str]:
        return [status for status, _ in self._outcomes]

    @property
    def date_done(self) -> datetime | None:
        """When the last of its tasks finished; None until all have."""
        return max(done for _, done in self._outcomes) if self._outcomes and self.is_ready else None

    @property
    def completed_count(self) -> int:
        """Tasks that are ready."""
        return sum(status in READY for status in self._statuses)

    @property
    def is_ready(self) -> bool:
        return self.completed_count == self.size

    @property
    def is_successful(self) -> bool:
        return len(self._statuses) == self.size and set(self._statuses) <= {TaskState.SUCCESS}

    @property
    def state_counts(self) -> list[StateCount]:
        """Of the rows that exist, the most frequent state first."""
        return counted(self._statuses)

    def tasks(
        self, request: PageRequest, *, where: TaskResultFilter | None = None, order: TaskResultOrder | None = None
    ) -> Page[TaskResult]:
        """A page of its tasks."""
        order = order or TaskResultOrder()
        page = self.batch.session.page(request, where=where, order=order, within=self._condition)
        if where is None and request.is_first and self.batch.fits:
            page.preload(self.batch.tasks(order).of(self.members))
        return page

    def _condition(self) -> Q:
        if len(self.members) > _MAX_LISTED:
            return lookups.equal("group_id", self.group_id)
        return lookups.one_of("task_id", self.members)


class _Placed:
    """Tasks in the order of a list, and the place of each."""

    def __init__(self, rows: Sequence[TaskResult]) -> None:
        self.rows = rows
        self.places = {row.task_id: place for place, row in enumerate(rows)}

    def of(self, task_ids: Sequence[str]) -> list[TaskResult]:
        """Those of these ids, in the order of the list."""
        places = self.places
        return [self.rows[place] for place in sorted(places[known] for known in task_ids if known in places)]


@dataclass(kw_only=True, eq=False)
class Batch:
    """The groups of one page, and what was loaded for all of them."""

    session: Session
    rows: Sequence[GroupResult]
    _tasks: dict[TaskResultOrder, _Placed] = field(default_factory=dict)

    @property
    def groups(self) -> list[Group]:
        """In the order of the page."""
        return [Group(row=row, batch=self) for row in self.rows]

    def members(self, group_id: str) -> tuple[str, ...]:
        """Celery's ids of a group's tasks; by the tasks' own column, where the group's tuple cannot be read."""
        known = self._stored[group_id]
        return self._recorded.get(group_id, ()) if known is None else known

    @cached_property
    def _stored(self) -> dict[str, tuple[str, ...] | None]:
        found = {}
        for row in self.rows:
            budget.check_time()  # a tuple of 100,000 members is megabytes of JSON
            found[row.group_id] = members(row)
        return found

    @cached_property
    def _recorded(self) -> dict[str, tuple[str, ...]]:
        unread = [group_id for group_id, known in self._stored.items() if known is None]
        rows = self.session.visible.filter(group_id__in=unread).order_by("pk")[:_MAX_LISTED]
        found: dict[str, tuple[str, ...]] = {}
        for row in rows.only("group_id", "task_id"):
            found[str(row.group_id)] = (*found.get(str(row.group_id), ()), row.task_id)
        return found

    @cached_property
    def _ids(self) -> list[str]:
        return list(dict.fromkeys(chain.from_iterable(map(self.members, self._stored))))

    @property
    def fits(self) -> bool:
        return len(self._ids) <= MAX_TOGETHER

    def outcome(self, task_id: str) -> tuple[str, datetime] | None:
        """The stored state of a visible task, and when that was."""
        return self._outcomes.get(task_id)

    @cached_property
    def _outcomes(self) -> dict[str, tuple[str, datetime]]:
        return {
            task_id: (status, done)
            for rows in self._chunks()
            for task_id, status, done in rows.values_list("task_id", "status", "date_done")
        }

    def tasks(self, order: TaskResultOrder) -> _Placed:
        """The visible tasks that the order lists."""
        if order not in self._tasks:
            self._tasks[order] = self._load(order)
        return self._tasks[order]

    def _load(self, order: TaskResultOrder) -> _Placed:
        # Celery tells most tasks their group's id, which is found faster than each task by its own.
        listed = ordering.listed(self.session.visible, order).order_by(*ordering.columns(order))
        found = _Placed(self.session.load(listed.filter(group_id__in=list(self._stored))[:MAX_TOGETHER]))
        missing = [task_id for task_id in self._ids if task_id not in found.places]
        if missing and listed.filter(task_id__in=missing).exists():
            found = _Placed(self.session.load(listed.filter(task_id__in=self._ids)))
        return found

    def _chunks(self) -> Iterator[QuerySet[TaskResult]]:
        for start in range(0, len(self._ids), _CHUNK):
            ids = self._ids[start : start + _CHUNK]
            yield self.session.visible.filter(task_id__in=ids).order_by()


def find(session: Session, group_id: str) -> Group | None:
    """The group, if the viewer may know of it."""
    named = lookups.equal("group_id", group_id) if lookups.is_storable(group_id) else NOTHING
    return next(iter(_together(session, visible(session.viewer).filter(named).order_by()[:1])), None)


def by_pks(session: Session, pks: Collection[int]) -> dict[int, Group]:
    """The visible groups of these primary keys, in one query."""
    return {group.pk: group for group in _together(session, visible(session.viewer).filter(pk__in=pks))}


def by_ids(session: Session, ids: Collection[str]) -> dict[str, Group]:
    """The visible groups of these ids, in one query."""
    rows = visible(session.viewer).filter(group_id__in=ids).order_by()
    return {group.group_id: group for group in _together(session, rows)}


def of_task(session: Session, row: TaskResult) -> Group | None:
    """The saved group of a task; loaded for its siblings too."""
    if row.group_id is None:
        return None
    rows = session.siblings(row)
    ids = (sibling.group_id for sibling in rows)
    found = session.together("groups", rows, lambda: by_ids(session, {known for known in ids if known}))
    group: Group | None = found.get(row.group_id)
    return group


def page(
    session: Session,
    request: PageRequest,
    *,
    where: GroupResultFilter | None = None,
    order: GroupResultOrder | None = None,
) -> Page[Group]:
    """A page of the visible groups that match."""
    order = order or GroupResultOrder()
    rows = visible(session.viewer)
    rows = rows.filter(filters.condition(where)) if where else rows
    size = request.size()
    return Page(rows, order, request, ("groups", order, where), load=lambda found: _together(session, found, size))


def visible(viewer: Viewer) -> QuerySet[GroupResult]:
    """Every group this viewer may know of."""
    require(viewer, Action.VIEW_GROUP)
    alias = settings().database_for_reads
    rows: QuerySet[GroupResult] = GroupResult._default_manager.all()
    return policy().visible_groups(rows.using(alias) if alias else rows, viewer)


def _together(session: Session, rows: QuerySet[GroupResult], size: int | None = None) -> list[Group]:
    """Groups that share a batch, which need not load the tasks of those beyond the page's size."""
    loaded = instances.load(rows, (*_ALWAYS_READ, *session.light_columns(GroupResult)))
    batch = Batch(session=session, rows=loaded[:size])
    return [Group(row=row, batch=batch) for row in loaded]
