"""Delete what has expired, in batches on the writing database.

The backend's cleanup, beat and the command `prune_task_results` all come here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db import models, router
from django.db.models import Q
from django.db.models.functions import Now
from django.dispatch import Signal
from django.utils import timezone

from .batches import Batches, Rows
from .clock import DatabaseNow
from .conf import settings
from .models import (
    UNFINISHED_CHORDS,
    Chord,
    ChordCounter,
    ChordPart,
    ChordState,
    GroupResult,
    Operation,
    TaskMessage,
    TaskResult,
)
from .states import READY, TaskState

FINISHED = (*READY, TaskState.REJECTED, TaskState.IGNORED)
"""States of which no run will say more; rows in others are kept, unless the setting names their state."""
ABANDONED_AFTER = 30 * 86_400.0
"""Seconds after which a chord that never ended is given up: one of its members was lost."""
ORPHAN_AFTER = 3_600.0
"""Seconds a message record or a chord part may wait for the row it belongs to."""
pruned = Signal()
"""Sent when everything expired has been deleted: now the layers above may tidy up what is theirs."""
_AGES = 1_000 * 365 * 86_400.0
"""No row is older, and a calendar that begins with the year 1 goes back so far."""

Model: TypeAlias = "type[models.Model]"


@dataclass(frozen=True, kw_only=True)
class Ages:
    """How many seconds rows are kept. None or 0: for good."""

    default: float | None
    """Finished tasks in states that `by_state` does not name, groups and chords; Celery's `result_expires`."""
    by_state: Mapping[str, float | None] = field(default_factory=dict)
    operations: float | None = None
    unfinished_chords: float | None = None
    """Celery's `result_chord_expires`. None: `ABANDONED_AFTER`, and as long as anything is kept; 0: for good."""

    @classmethod
    def configured(cls, result_expires: float | None, conf: Mapping[str, Any]) -> Ages:
        """As the settings say, Celery's in `conf` too; `result_expires` is given in seconds."""
        return cls(
            default=result_expires,
            by_state=settings().retention,
            operations=settings().operation_retention,
            unfinished_chords=conf.get("result_chord_expires"),  # Celery has it since 5.7
        )

    def by_age(self) -> dict[float, list[str]]:
        """The states to delete, by their age."""
        states = dict.fromkeys(FINISHED, self.default) | dict(self.by_state)
        grouped: dict[float, list[str]] = {}
        for state, age in states.items():
            if age:
                grouped.setdefault(age, []).append(state)
        return grouped

    def only(self, states: Iterable[str]) -> Ages:
        """The same ages for these states alone; here a state that nobody finishes in may be named too."""
        return Ages(default=None, by_state={state: self.by_state.get(state, self.default) for state in states})

    def longest(self) -> float | None:
        """The age at which nothing is wanted any more; None where some rows are kept for good."""
        ages = [self.default, *(age for state, age in self.by_state.items() if state in FINISHED)]
        return max(age for age in ages if age) if all(ages) else None

    def abandoned(self) -> float | None:
        """The age at which a chord is given up that waits for members in vain."""
        longest = self.longest()
        default = longest and max(longest, ABANDONED_AFTER)
        return default if self.unfinished_chords is None else self.unfinished_chords


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """How many rows were deleted; in a dry run, how many would be."""

    task_results: int = 0
    group_results: int = 0
    chords: int = 0
    messages: int = 0
    operations: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, count.name) for count in fields(self))


def prune(
    ages: Ages,
    *,
    batches: Batches | None = None,
    task_model: Model = TaskResult,
    group_model: Model = GroupResult,
    with_tasks: bool = True,
) -> Pruned:
    """Delete everything that has outlived its age; without the tasks where a project deletes them in its own way."""
    batches = batches or Batches()
    # Retries that were interrupted are carried on; an action on many tasks that nobody carried on is not kept for good.
    operations = _rows(Operation).filter(open_claim=None).exclude(lease_until__gt=DatabaseNow())
    removed = Pruned(
        task_results=prune_tasks(ages.by_age() if with_tasks else {}, batches=batches, model=task_model),
        group_results=_prune_dated(_rows(group_model), "date_done", ages.default, batches),
        chords=_prune_chords(ages, batches),
        messages=_prune_orphaned_messages(batches, task_model),
        operations=_prune_dated(operations, "started_at", ages.operations, batches),
    )
    if not batches.dry_run:
        pruned.send_robust(Pruned)
    return removed


def prune_tasks(
    ages: Mapping[float, Iterable[str]],
    *,
    batches: Batches,
    model: Model = TaskResult,
    task_names: Iterable[str] = (),
) -> int:
    """Delete tasks by age and states, with their message records; `task_names` narrows it to these tasks."""
    wanted = Q(task_name__in=list(task_names)) if task_names else Q()
    removed = 0
    for age, states in ages.items():
        end = _ago(age)
        for span in batches.spans(_rows(model).filter(date_done__lt=end), ("date_done", "pk"), end=end):
            expired = _rows(model).filter(span, wanted, status__in=list(states), date_done__lt=end)
            removed += _remove_tasks(expired, batches)
    return removed


def _remove_tasks(rows: Rows, batches: Batches) -> int:
    if not batches.dry_run and _rows(TaskMessage).exists():
        task_ids = list(rows.values_list("task_id", flat=True))
        batches.remove(_rows(TaskMessage).filter(pk__in=task_ids))
    return batches.remove(rows)


def _prune_dated(rows: Rows, date: str, age: float | None, batches: Batches) -> int:
    if not age:
        return 0
    expired = rows.filter(**{f"{date}__lt": _ago(age)})
    return sum(batches.remove(expired.filter(span)) for span in batches.spans(expired, (date, "pk")))


def _prune_chords(ages: Ages, batches: Batches) -> int:
    """A failed chord outlives its failed members: they may be run again, and then it goes on."""
    abandoned = ages.abandoned()
    kept = {ChordState.DONE: ages.default, ChordState.FAILED: ages.longest()}
    kept |= dict.fromkeys(UNFINISHED_CHORDS, abandoned)
    removed = sum(
        _prune_dated(_rows(Chord).filter(state=state), "date_created", age, batches) for state, age in kept.items()
    )
    removed += _prune_dated(_rows(ChordCounter), "date_created", abandoned, batches)
    _prune_orphaned_parts(batches)
    return removed


def _prune_orphaned_parts(batches: Batches) -> None:
    """Parts of chords deleted just now, or rolled back with the transaction that started them."""
    if batches.dry_run:
        return
    for span in batches.spans(_rows(ChordPart), ("group_id", "index", "task_id")):
        # By the clock that dated them: the database's may be in another time zone than Django's.
        parts = _rows(ChordPart).filter(span, date_created__lt=Now() - timedelta(seconds=ORPHAN_AFTER))
        groups = set(parts.values_list("group_id", flat=True))
        chords = _rows(Chord).filter(pk__in=groups).values_list("pk", flat=True)
        counters = _rows(ChordCounter).filter(group_id__in=groups).values_list("group_id", flat=True)
        if orphans := groups.difference(chords, counters):
            batches.remove(parts.filter(group_id__in=orphans))


def _prune_orphaned_messages(batches: Batches, task_model: Model) -> int:
    """Records whose task was deleted by other code."""
    removed = 0
    old = _rows(TaskMessage).filter(date_created__lt=_ago(ORPHAN_AFTER))
    for span in batches.spans(old, ("task_id",)):
        task_ids = set(old.filter(span).values_list("task_id", flat=True))
        # Not by a join: MariaDB compares the two columns in different collations, and then uses no index.
        present = _rows(task_model).filter(task_id__in=task_ids).values_list("task_id", flat=True)
        if orphans := task_ids.difference(present):
            removed += batches.remove(_rows(TaskMessage).filter(pk__in=orphans))
    return removed


def _rows(model: Model) -> Rows:
    """All rows, where they are written: a read replica that lags would show deleted ones again."""
    return model._base_manager.using(router.db_for_write(model))


def _ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=min(seconds, _AGES))
