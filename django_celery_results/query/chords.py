"""How far the chord of a group has come: loaded for all groups of a page in a constant number of queries.

A chord's rows hold ids and numbers, and its body's signature, of which nothing but the id is told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Count, Model, Q, QuerySet

from django_celery_results import codec
from django_celery_results.chord_rows import ADDED, ADDED_INDEX
from django_celery_results.conf import settings
from django_celery_results.models import Chord, ChordCounter, ChordPart, ChordState, TaskResult
from django_celery_results.policy.access import Action, require

from .session import Session

_NO_PARTS = {"_all": 0, "_added": 0, "_succeeded": 0}
Row = TypeVar("Row", bound=Model)


@dataclass(kw_only=True, eq=False)
class ChordProgress:
    """How many members of a chord have returned, and what is sent when all have."""

    group_id: str
    state: ChordState
    total: int | None
    """None until the last member is published."""
    completed_count: int
    batch: Batch

    @property
    def remaining_count(self) -> int | None:
        return None if self.total is None else max(self.total - self.completed_count, 0)

    @property
    def body_task_id(self) -> str | None:
        return self.batch.bodies.get(self.group_id)

    @property
    def body(self) -> TaskResult | None:
        """The body's row, if it is there and visible."""
        return self.batch.session.by_id(self.body_task_id, also=self.batch.bodies.values())


@dataclass(kw_only=True, eq=False)
class Batch:
    """The chords of these groups."""

    session: Session
    group_ids: Collection[str]

    @cached_property
    def chords(self) -> dict[str, ChordProgress]:
        return {**self._counters(), **self._rows()}

    def _rows(self) -> dict[str, ChordProgress]:
        rows = _reading(Chord).filter(pk__in=self.group_ids).values_list("group_id", "state", "size")
        counts = self._counts() if rows else {}
        return {row[0]: self._progress(*row, counts.get(row[0], _NO_PARTS)) for row in rows}

    def _progress(self, group_id: str, state: str, size: int | None, counts: dict[str, Any]) -> ChordProgress:
        """Members that join a running chord are awaited too; while it heals, only those that succeeded count."""
        returned = counts["_succeeded"] if state == ChordState.HEALING else counts["_all"] - counts["_added"]
        return ChordProgress(
            group_id=group_id,
            state=ChordState(state),
            total=None if size is None else size + counts["_added"],
            completed_count=(size or 0) if state == ChordState.DONE else returned,  # its parts are deleted then
            batch=self,
        )

    def _counts(self) -> dict[str, dict[str, Any]]:
        parts = _reading(ChordPart).filter(group_id__in=self.group_ids, index__gte=ADDED_INDEX)
        added = Count("task_id", filter=Q(state=ADDED))
        succeeded = Count("task_id", filter=Q(state="SUCCESS"))
        lines = parts.order_by().values("group_id").annotate(_all=Count("task_id"), _added=added, _succeeded=succeeded)
        return {line["group_id"]: {**line} for line in lines}

    def _counters(self) -> dict[str, ChordProgress]:
        """Chords that workers of the 2.x package count, too: they have neither a size of their own nor a body here."""
        rows = _reading(ChordCounter).filter(group_id__in=self.group_ids)
        return {
            row.group_id: ChordProgress(
                group_id=row.group_id,
                state=ChordState.OPEN,
                total=size,
                completed_count=max(size - row.count, 0),
                batch=self,
            )
            for row in rows
            if (size := _length(row.sub_tasks)) is not None
        }

    @cached_property
    def bodies(self) -> dict[str, str]:
        """The ids of the bodies."""
        rows = _reading(Chord).filter(pk__in=self.group_ids).values_list("group_id", "body_task_id")
        return {group_id: task_id for group_id, task_id in rows if task_id is not None}


def of_group(session: Session, group_id: str | None, *, also: Collection[str | None] = ()) -> ChordProgress | None:
    """The chord whose header this group is; the groups in `also` are about to be asked for."""
    if group_id is None:
        return None
    ids = frozenset(known for known in (group_id, *also) if known is not None)
    batch: Batch = session.once(("chords", ids), lambda: Batch(session=session, group_ids=ids))
    return batch.chords.get(group_id)


def of_task(session: Session, row: TaskResult) -> ChordProgress | None:
    """The chord that the task is a member of. Like groups, it needs the permission to view them."""
    require(session.viewer, Action.VIEW_GROUP)
    if row.group_id is None:
        return None
    rows = session.siblings(row)
    ids = (sibling.group_id for sibling in rows)
    batch: Batch = session.together(
        "chords", rows, lambda: Batch(session=session, group_ids={known for known in ids if known is not None})
    )
    return batch.chords.get(row.group_id)


def _reading(model: type[Row]) -> QuerySet[Row]:
    rows: QuerySet[Row] = model._default_manager.all()
    return rows.using(settings().database_for_reads) if settings().database_for_reads else rows


def _length(members: Any) -> int | None:
    peeked = codec.peek(members)
    return len(peeked.value) if isinstance(peeked.value, list) else None
