"""The rows of chords: what a member returned is one of its own, so that none counts twice or waits for another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from celery import states
from django.db import IntegrityError, connections, router, transaction
from django.db.models import Exists
from django.utils import timezone

from .models import Chord, ChordPart, ChordState, TaskResult
from .state_changes import Companion

NOT_KEPT = "not kept "
"""Before the value of a member that ignores its result: it is there for the body alone, and a failed chord drops it."""
NO_INDEX = -1
"""The index of a member to whom Celery gave no place."""
ADDED, ADDED_INDEX = "ADDED", -2
"""State and index of a row that announces a member which joins a running chord: one more is awaited."""
COUNTED, COUNTED_INDEX = "COUNTED", -3
"""Of a row that says: this member of a chord of the 2.x package was counted, by one of our workers."""
SHARED, SHARED_INDEX = "SHARED", -4
"""Of a row that says: two members of this chord share a place."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one member contributes."""

    group_id: str
    task_id: str
    index: int
    state: str
    result: str | None

    @property
    def key(self) -> tuple[str, str, int]:
        return self.group_id, self.task_id, self.index

    def statement(self, alias: str) -> Companion:
        """The first outcome of a member stays, but a success may still replace a failure."""
        is_failure = self.state in states.PROPAGATE_STATES
        return Companion(
            sql=_insert_part(alias), parameters=(*self.key, self.state, self.result), is_failure=is_failure
        )

    def save(self, alias: str) -> None:
        self.statement(alias).run(connections[alias])


def start(group_id: str, *, header: str | None, body: str | None, alias: str, body_task_id: str | None = None) -> None:
    """Open a chord. A group id that was used before begins a new run, in which old parts do not count."""
    opened = {
        "header": header,
        "body": body,
        "body_task_id": body_task_id,
        "state": ChordState.OPEN,
        "size": None,
        "claim": None,
    }
    try:
        with transaction.atomic(using=alias):
            Chord(group_id=group_id, **opened).save(using=alias, force_insert=True)
    except IntegrityError:
        with transaction.atomic(using=alias):
            Chord.objects.using(alias).filter(pk=group_id).update(**opened, date_created=timezone.now())
            ChordPart.objects.using(alias).filter(group_id=group_id).delete()


def set_size(group_id: str, size: int, *, alias: str) -> bool:
    """Say how many members there are; False if there is no such chord."""
    return bool(Chord.objects.using(alias).filter(pk=group_id).update(size=size))


def announce(group_id: str, task_ids: Iterable[str], *, alias: str) -> None:
    """Await more members. Rows, not a counter: the chord's own row may be held by the transaction that started it."""
    for task_id in task_ids:
        Part(group_id=group_id, task_id=task_id, index=ADDED_INDEX, state=ADDED, result=None).save(alias)


def parts(group_id: str, alias: str) -> list[Part]:
    """What the members returned, in the order of the header."""
    rows = ChordPart.objects.using(alias).filter(group_id=group_id, index__gte=NO_INDEX)
    ordered = rows.order_by("index", "date_created", "task_id")
    read = ordered.values_list("task_id", "index", "state", "result")
    found = [
        Part(group_id=group_id, task_id=task_id, index=index, state=state, result=result)
        for task_id, index, state, result in read.iterator()
    ]
    return sorted(found, key=lambda part: part.index == NO_INDEX)  # those without a place come last


@dataclass(frozen=True, kw_only=True)
class Reopened:
    """What `undo_reopen` needs; plain values, so that they can be kept with an operation."""

    group_id: str
    task_id: str
    index: int
    state: str
    result: str | None
    chord_state: str


def reopen_members(members: Iterable[tuple[str, str]], *, using: str | None = None) -> dict[tuple[str, str], Reopened]:
    """Let failed members return once more: their chords heal, and send their bodies when every part is a success.

    Members are named by group id and task id, in the answer too. Who is not in it did not fail, nor is anything of it
    changed. Call this in the transaction that claims the retry.
    """
    alias = using or router.db_for_write(TaskResult)
    asked = set(members)
    chords = Chord.objects.using(alias).filter(
        pk__in={group_id for group_id, _ in asked}, state__in=(ChordState.FAILED, ChordState.HEALING)
    )
    with transaction.atomic(using=alias):
        states_of = {chord.pk: chord.state for chord in chords.order_by("pk").select_for_update()}
        failed = ChordPart.objects.using(alias).filter(
            group_id__in=states_of, task_id__in={task_id for _, task_id in asked}, state__in=states.PROPAGATE_STATES
        )
        parts = [part for part in failed if (part.group_id, part.task_id) in asked]
        ChordPart.objects.using(alias).filter(pk__in=[part.pk for part in parts]).delete()
        chords.filter(pk__in={part.group_id for part in parts}).update(state=ChordState.HEALING, claim=None)
    return {
        (part.group_id, part.task_id): Reopened(
            group_id=part.group_id,
            task_id=part.task_id,
            index=part.index,
            state=part.state,
            result=part.result,
            chord_state=states_of[part.group_id],
        )
        for part in parts
    }


def undo_reopen(reopened: Reopened, *, using: str | None = None) -> None:
    """The member is not run again after all: it has failed as before, and so has its chord.

    Unless it was: a broker may take a message and seem to refuse it.
    """
    alias = using or router.db_for_write(TaskResult)
    part = Part(
        group_id=reopened.group_id,
        task_id=reopened.task_id,
        index=reopened.index,
        state=reopened.state,
        result=reopened.result,
    )
    with transaction.atomic(using=alias):
        part.save(alias)
        stored = ChordPart.objects.using(alias).filter(group_id=part.group_id, task_id=part.task_id, index=part.index)
        healing = Chord.objects.using(alias).filter(pk=part.group_id, state=ChordState.HEALING)
        healing.filter(Exists(stored.filter(state=part.state))).update(state=reopened.chord_state)


@lru_cache
def _insert_part(alias: str) -> str:
    quote = connections[alias].ops.quote_name
    table, index = quote(ChordPart._meta.db_table), quote("index")
    insert = f"INSERT INTO {table} (group_id, task_id, {index}, state, result) VALUES (%s, %s, %s, %s, %s)"  # noqa: S608
    if connections[alias].vendor == "mysql":
        # Assignments run from left to right: the state, which the condition reads, is set last.
        better = "state <> 'SUCCESS' AND VALUES(state) = 'SUCCESS'"
        columns = (f"{name} = IF({better}, VALUES({name}), {name})" for name in ("result", "state"))
        return f"{insert} ON DUPLICATE KEY UPDATE {', '.join(columns)}"
    return f"""{insert}
        ON CONFLICT (group_id, task_id, {index}) DO UPDATE SET state = EXCLUDED.state, result = EXCLUDED.result
        WHERE {table}.state <> 'SUCCESS' AND EXCLUDED.state = 'SUCCESS'"""
