"""How far a chord has come, and who may send its body.

Who finds all parts there claims the chord by one conditional update, for a lease: a claim whose owner died is taken
over. Nearly every member is spared the count: while the part of the last place is missing, the chord is not complete,
provided that each place belongs to one member. Celery gives some a place twice, or none; such a chord is counted.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.db import connections, models
from django.db.models import Q

from .chord_rows import ADDED, NOT_KEPT, SHARED, SHARED_INDEX, Part
from .clock import DatabaseNow
from .connections import cursor_of
from .models import UNFINISHED_CHORDS, Chord, ChordPart, ChordState


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a chord has come."""

    state: str
    size: int | None
    """None until the last member is published."""
    returned: int
    """Members that count: all that returned; while the chord is healing, those that succeeded."""

    @property
    def is_complete(self) -> bool:
        return self.state in UNFINISHED_CHORDS and self.size is not None and self.returned >= self.size


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to send the body of a chord, until the lease is over."""

    alias: str
    group_id: str
    token: str
    size: int
    header: str | None
    body: str | None

    def renew(self) -> bool:
        """Begin the lease anew; False if another process has taken over."""
        return bool(self._mine().update(claimed_at=DatabaseNow()))

    def finish(self, state: ChordState, *, keeps_body: bool) -> None:
        """Close the chord, and delete what only its body needed.

        A failed chord keeps the values of its members, which may be run again, but for those that ignore their results.
        Its body is kept only where messages of failed tasks are.
        """
        kept = {} if keeps_body and state == ChordState.FAILED else {"body": None}
        if not self._mine().update(state=state, claim=None, **kept):
            return
        parts = ChordPart.objects.using(self.alias).filter(group_id=self.group_id)
        if state == ChordState.DONE:
            parts.delete()
        else:
            parts.filter(result__startswith=NOT_KEPT).update(result=NOT_KEPT)

    def release(self) -> None:
        """Give the claim back, since parts are missing after all."""
        self._mine().update(state=ChordState.OPEN, claim=None)

    def _mine(self) -> models.QuerySet[Chord]:
        return Chord.objects.using(self.alias).filter(pk=self.group_id, claim=self.token)


def progress(group_id: str, alias: str, *, after: Part | None = None) -> Progress | None:
    """How far the chord is; None if there is no such chord, or none visible yet.

    For a member that asks `after` storing its part, none has returned while one is surely missing.
    """
    if after is None:
        seen = _read(_counted(alias), (group_id,), alias)
    else:
        seen = _read(_glanced(alias), (after.index, after.task_id, group_id), alias)
        if seen and seen[1] and after.index >= 0:
            _mark_shared(group_id, alias)
            return progress(group_id, alias)
    return seen and seen[0]


def _mark_shared(group_id: str, alias: str) -> None:
    """The later of two members that share a place has found the other, and says so before it counts.

    Who returns after the mark counts too, and who returned before is counted.
    """
    Part(group_id=group_id, task_id="", index=SHARED_INDEX, state=SHARED, result=None).save(alias)


def claim(group_id: str, seen: Progress, *, lease: float, alias: str) -> Claim | None:
    """Claim a complete chord as it was seen; one caller at most is let through."""
    token = str(uuid.uuid4())
    lost = Q(state=ChordState.CLAIMED, claimed_at__lt=DatabaseNow() - timedelta(seconds=lease))
    free = lost if seen.state == ChordState.CLAIMED else Q(state=seen.state)
    chords = Chord.objects.using(alias).filter(pk=group_id)
    if not chords.filter(free, size=seen.size).update(state=ChordState.CLAIMED, claim=token, claimed_at=DatabaseNow()):
        return None
    chord = chords.get()
    return Claim(
        alias=alias,
        group_id=group_id,
        token=token,
        size=chord.size or 0,
        header=chord.header,
        body=chord.body,
    )


def _read(sql: str, parameters: tuple[str | int, ...], alias: str) -> tuple[Progress, bool] | None:
    with cursor_of(connections[alias]) as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return (Progress(state=row[0], size=row[1], returned=int(row[2])), bool(row[3])) if row else None


@lru_cache
def _counted(alias: str) -> str:
    chord = connections[alias].ops.quote_name(Chord._meta.db_table)
    return f"SELECT chord.state, chord.size, ({_returned(alias)}), 0 FROM {chord} chord WHERE chord.group_id = %s"  # noqa: S608


@lru_cache
def _glanced(alias: str) -> str:
    quote = connections[alias].ops.quote_name
    chord, index = quote(Chord._meta.db_table), quote("index")
    last = "CASE chord.size WHEN 0 THEN 0 ELSE chord.size - 1 END"  # MariaDB has no unsigned -1
    is_missing = f"NOT {_has(alias, f'{index} = {last}')}"
    is_regular = f"NOT {_has(alias, f'{index} < 0')} AND NOT {_has(alias, f'{index} >= chord.size')}"
    return f"""SELECT chord.state, chord.size,
        CASE WHEN chord.size IS NULL THEN 0
             WHEN chord.state <> '{ChordState.HEALING}' AND {is_missing} AND {is_regular} THEN 0
             ELSE ({_returned(alias)}) END,
        {_has(alias, f"{index} = %s AND task_id <> %s")}
        FROM {chord} chord WHERE chord.group_id = %s"""  # noqa: S608


def _has(alias: str, condition: str) -> str:
    """SQL: the chord has such a part. Its key begins with group and place, so that one look is enough."""
    part = connections[alias].ops.quote_name(ChordPart._meta.db_table)
    return f"EXISTS (SELECT 1 FROM {part} part WHERE part.group_id = chord.group_id AND {condition})"  # noqa: S608


def _returned(alias: str) -> str:
    part = connections[alias].ops.quote_name(ChordPart._meta.db_table)
    counts = f"""CASE WHEN part.state = '{ADDED}' THEN -1 WHEN part.state = '{SHARED}' THEN 0
        WHEN chord.state = '{ChordState.HEALING}' AND part.state <> 'SUCCESS' THEN 0 ELSE 1 END"""
    return f"SELECT COALESCE(SUM({counts}), 0) FROM {part} part WHERE part.group_id = chord.group_id"  # noqa: S608
