"""What is stored about a task, as a value: a state with all that is known, and how that fits the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import DataError, models
from django.db.backends.base.base import BaseDatabaseWrapper

from . import codec
from .exceptions import TaskIdTooLong
from .states import FINAL, PREDICTIONS, READY, state_of, status_of

_NO_ROOM = (1267, 1366)
"""MySQL: text that is not in the charset of its column, beside the column and on the way into it."""


@dataclass(frozen=True, kw_only=True)
class Companion:
    """One more statement that stands or falls with the write, such as the part of a chord."""

    sql: str
    parameters: tuple[Any, ...] = ()
    smaller: Companion | None = None
    """What goes in its place where the database refuses it as too large; given for large ones only."""
    is_failure: bool = False
    """Whether it is left out where the row refuses the write of a run, since a later one goes on."""

    def run(self, connection: BaseDatabaseWrapper) -> None:
        """By itself, in the transaction that is open."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.parameters)

    def folded(self, sql: str, parameters: list[Any]) -> tuple[str, list[Any]]:
        """PostgreSQL: as one more part of a statement."""
        _, has_parts, rest = sql.partition("WITH ") if sql.lstrip().startswith("WITH ") else ("", "", sql)
        return f"WITH companion AS ({self.sql}){', ' if has_parts else ' '}{rest}", [*self.parameters, *parameters]


@dataclass(kw_only=True)
class SelfStored:
    """The final state that a run stored itself, by `update_state`, before Celery stores how the run ended.

    It is kept on Celery's request, which no other run has. An attempt does not tell runs apart: that of a message which
    is redelivered twice is the same.
    """

    date_done: Any = None
    """`date_done` in the row of that state (text in a cache); None: the run stored none."""
    has_ended: bool = False
    """Whether Celery stores the outcome of the run, which replaces that state."""

    def note(self, date_done: Any) -> None:
        """Keep the `date_done` of a final state that was written. Nothing replaces the outcome."""
        if not self.has_ended:
            self.date_done = date_done

    def gives_way(self, date_done: Any) -> bool:
        """Return whether a row with this `date_done` holds the state that the outcome replaces."""
        return self.has_ended and self.date_done is not None and self.date_done == date_done


class StateChange(NamedTuple):
    """A state to store, with the columns that are known; those that are not named keep what they hold."""

    task_id: str
    status: str
    known: Mapping[str, Any] = MappingProxyType({})
    attempt: int | None = None
    """The run that speaks, as `facts.attempt_of` packs it; None: nobody who runs the task."""
    is_first: bool = False
    """Whether the task most likely has no row yet; nothing but the cost depends on that."""
    is_escaped: bool = False
    """The last resort, where a column's charset refused the text: ASCII with backslash escapes."""
    self_stored: SelfStored | None = None
    """What the run that speaks has stored itself; given with states that end a run."""

    @property
    def replaced(self) -> Any:
        """`date_done` of the final state which this outcome of the same run replaces; None: there is none."""
        own = self.self_stored
        return own.date_done if own and own.has_ended and self.attempt is not None else None


def fitting(model: type[models.Model], change: StateChange) -> StateChange:
    """The change with text that its columns take. Only an id is refused: a cut one would be another task's."""
    if not change.task_id:
        raise ValueError(f"task_id must not be empty, but it is {change.task_id!r}.")
    limits = _limits(model)
    limit, task_id = limits["task_id"], str(change.task_id)
    if limit is not None and len(task_id) > limit:
        raise TaskIdTooLong(f"{TaskIdTooLong.__doc__} It has {len(task_id)} characters, the column {limit}.")
    fit = codec.escaped if change.is_escaped else codec.clean
    known = {}
    for name, value in change.known.items():
        if name not in limits and not hasattr(model, name):
            continue  # what a project's backend tells beyond the columns is for a manager of its own
        limit = limits.get(name)
        is_plain = not isinstance(value, str) or codec.is_plain(value, limit)
        known[name] = value if is_plain else codec.shorten(fit(value), limit)
    status = codec.shorten(fit(status_of(change.status)), limits["status"])
    return change._replace(task_id=codec.stored_id(task_id), status=status, known=known)


@lru_cache(maxsize=16)
def _limits(model: type[models.Model]) -> dict[str, int | None]:
    """How many characters each column takes; None: any number."""
    return {column.attname: column.max_length for column in model._meta.concrete_fields}


def is_outdated(change: StateChange, stored: str, stored_attempt: int | None) -> bool:
    """Return whether a row that refused the failure of a run will still tell of a later run, or has done so.

    It will not where it ended in the same run or an earlier one: a chord may be sent again under the same ids.
    """
    is_later = change.attempt is not None and stored_attempt is not None and stored_attempt > change.attempt
    return is_later or state_of(stored) not in READY


def changed_by(change: StateChange, now: datetime) -> dict[str, Any]:
    """What a later write sets."""
    changed = {"status": change.status, **change.known}
    if change.attempt is not None or change.status in PREDICTIONS:
        changed["attempt"] = change.attempt
    if change.status in READY or (change.self_stored and state_of(change.status) in FINAL):
        changed["date_done"] = now
    return changed


def refuses_text(error: Exception) -> bool:
    """Whether a column's charset has no room for the text; mysqlclient does not call that a data error."""
    return isinstance(error, DataError) or bool(error.args and error.args[0] in _NO_ROOM)
