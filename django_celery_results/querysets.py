"""Storing the state of a task: one guarded write, by one statement where nothing more is asked for.

The models' own `save()` is taken instead where somebody listens to it: signal receivers, multi-table children, models
with columns or a `save()` of their own, and databases that no statement was written for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.apps import apps
from django.db import DataError, IntegrityError, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import signals
from django.utils import timezone

from . import codec
from .exceptions import TaskIdTooLong
from .statements import BUILDERS, Columns, Statement
from .states import PREDICTIONS, READY, is_replaced, state_of

M = TypeVar("M", bound=models.Model)

OURS = frozenset({
    "task_id", "periodic_task_name", "task_name", "task_args", "task_kwargs", "status", "worker", "content_type",
    "content_encoding", "result", "date_created", "date_started", "date_done", "traceback", "meta", "attempt", "queue",
    "priority", "retries", "eta", "root_id", "parent_id", "group_id", "retried_from", "error_type",
    "error_fingerprint",
})  # fmt: skip
"""The columns that a statement knows how to fill; a model with more of them is saved by itself."""
_IDS_AT_ONCE = 2_000
_NO_ROOM = (1267, 1366)
"""MySQL: text that is not in the charset of its column, beside the column and on the way into it."""
_CASTS = {"DateTimeField": "timestamptz", "IntegerField": "integer", "BigIntegerField": "bigint"}


@dataclass(frozen=True, kw_only=True)
class Companion:
    """One more statement that stands or falls with the write, such as the part of a chord."""

    sql: str
    parameters: tuple[Any, ...] = ()
    smaller: Companion | None = None
    """What goes in its place where the database refuses it as too large; given for large ones only."""

    def run(self, connection: BaseDatabaseWrapper) -> None:
        """By itself, in the transaction that is open."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, self.parameters)

    def folded(self, sql: str, parameters: list[Any]) -> tuple[str, list[Any]]:
        """PostgreSQL: as one more part of a statement that begins with WITH."""
        start = sql.index("WITH ") + len("WITH ")
        return f"{sql[:start]}companion AS ({self.sql}), {sql[start:]}", [*self.parameters, *parameters]


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """A state to store, with the columns that are known; those that are not named keep what they hold."""

    task_id: str
    status: str
    known: Mapping[str, Any] = field(default_factory=dict)
    attempt: int | None = None
    """The run that speaks, as `facts.attempt_of` packs it; None: nobody who runs the task."""
    is_escaped: bool = False
    """The last resort, where a column's charset refused the text: ASCII with backslash escapes."""


class TaskResultQuerySet(models.QuerySet[M]):
    """Rows of tasks."""

    def write(self, change: StateChange, companion: Companion | None = None) -> bool:
        """Store a state unless the row stands above it; True if it was taken."""
        self._for_write = True
        change = _fitting(self.model, change)
        connection = connections[self.db]
        if saves_itself(self.model, self.db):
            return self._save(change, companion)
        if companion and connection.vendor != "postgresql":
            with transaction.atomic(using=self.db):
                is_first = _run_and_look(connection, self.model, companion, change.task_id)
                return _execute(connection, self.model, change, None, is_first=is_first)
        return _execute(connection, self.model, change, companion)

    def delete(self) -> tuple[int, dict[str, int]]:
        """The records of the tasks' messages go with the rows."""
        records: Any = apps.get_model("django_celery_results", "TaskMessage")._base_manager
        self._for_write = True
        with transaction.atomic(using=self.db):
            if records.using(self.db).exists():
                # Not by a join: MariaDB compares the two columns in different collations, and then uses no index.
                ids = self.order_by().values_list("task_id", flat=True).iterator(chunk_size=_IDS_AT_ONCE)
                while some := list(islice(ids, _IDS_AT_ONCE)):
                    records.using(self.db).filter(pk__in=some).delete()
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]  # no template may call it
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _save(self, change: StateChange, companion: Companion | None) -> bool:
        try:
            return self._save_once(change, companion)
        except IntegrityError:  # another first writer was faster: now there is a row to look at
            return self._save_once(change, companion)

    def _save_once(self, change: StateChange, companion: Companion | None) -> bool:
        with transaction.atomic(using=self.db):
            if companion:
                companion.run(connections[self.db])
            row: Any = self.select_for_update().filter(task_id=change.task_id).first()
            by, seen = change.attempt, getattr(row, "attempt", None)  # a project's own model may be without
            if row and not is_replaced(stored=row.status, stored_attempt=seen, by=change.status, attempt=by):
                return False
            row = row or self.model(task_id=change.task_id)
            for name, value in _changed(change).items():
                setattr(row, name, value)
            row.save(using=self.db)
            return True


def refuses_text(error: Exception) -> bool:
    """Whether a column's charset has no room for the text; mysqlclient does not call that a data error."""
    return isinstance(error, DataError) or bool(error.args and error.args[0] in _NO_ROOM)


def saves_itself(model: type[models.Model], alias: str) -> bool:
    """Whether the model's `save()` must run: somebody listens, or there is more to store than a statement knows."""
    listened = any(signal.has_listeners(model) for signal in (signals.pre_save, signals.post_save))
    return listened or connections[alias].vendor not in BUILDERS or _is_special(model)


@lru_cache(maxsize=16)
def _is_special(model: type[models.Model]) -> bool:
    concrete = model._meta.concrete_model
    if concrete is None or concrete._meta.parents or model.save is not models.Model.save:
        return True
    names = {column.attname for column in concrete._meta.concrete_fields if not column.primary_key}
    return names != OURS or any(column.attname != column.column for column in concrete._meta.concrete_fields)


def _fitting(model: type[models.Model], change: StateChange) -> StateChange:
    """The change with text that its columns take. Only an id is refused: a cut one would be another task's."""
    limit = _column(model, "task_id").max_length
    task_id = str(change.task_id)
    if limit is not None and len(task_id) > limit:
        raise TaskIdTooLong(f"{TaskIdTooLong.__doc__} It has {len(task_id)} characters, the column {limit}.")
    fit = codec.escaped if change.is_escaped else codec.clean
    # What a project's backend tells beyond the columns is for a manager of its own.
    known = {name: _fit(model, name, value, fit) for name, value in change.known.items() if hasattr(model, name)}
    status = _fit(model, "status", str(change.status), fit)
    return replace(change, task_id=codec.clean(task_id), status=status, known=known)


def _fit(model: type[models.Model], name: str, value: Any, fit: Callable[[str], str]) -> Any:
    if not isinstance(value, str):
        return value
    text = fit(value)
    return codec.shorten(text, _column(model, name).max_length)


def _changed(change: StateChange) -> dict[str, Any]:
    """What a later write sets."""
    changed = {"status": change.status, **change.known}
    if change.attempt is not None or change.status in PREDICTIONS:
        changed["attempt"] = change.attempt
    if change.status in READY:
        changed["date_done"] = timezone.now()
    return changed


def _run_and_look(
    connection: BaseDatabaseWrapper, model: type[models.Model], companion: Companion, task_id: str
) -> bool:
    """Run the companion. Whether the task surely has no row, so that no UPDATE need look for it: MariaDB tells both."""
    if not getattr(connection, "mysql_is_mariadb", False):
        companion.run(connection)
        return False
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        looked = f"{companion.sql} RETURNING (SELECT 1 FROM {table} WHERE task_id = %s)"  # noqa: S608
        cursor.execute(looked, (*companion.parameters, task_id))
        return bool(cursor.fetchone() == (None,))


def _execute(
    connection: BaseDatabaseWrapper,
    model: type[models.Model],
    change: StateChange,
    companion: Companion | None,
    *,
    is_first: bool = False,
) -> bool:
    """`is_first`: the row was looked for and is not there, so that the last statement, an insert, is enough."""
    changed = _changed(change)
    now = timezone.now()
    first = {"content_type": "", "content_encoding": ""}  # NOT NULL, and unknown to whoever stores a bare state
    initial = {"task_id": change.task_id, "date_created": now, "date_done": now, **first, **changed}
    values = {name: _prepared(model, name, value, connection) for name, value in initial.items()}
    columns = Columns(
        table=connection.ops.quote_name(model._meta.db_table),
        key=connection.ops.quote_name(str(model._meta.pk and model._meta.pk.column)),
        types=tuple((name, _cast(model, name)) for name in initial),
        changed=tuple(changed),
        state=state_of(change.status),
        has_attempt=change.attempt is not None,
    )
    statements = BUILDERS[connection.vendor](columns)
    return _first_taken(connection, statements[-1:] if is_first else statements, values, companion)


def _first_taken(
    connection: BaseDatabaseWrapper,
    statements: tuple[Statement, ...],
    values: dict[str, Any],
    companion: Companion | None,
) -> bool:
    """Run the statements until one meets a row or makes one. True if it took the write."""
    with connection.cursor() as cursor:
        for statement in statements:
            sql, parameters = statement.sql, [values[name] for name in statement.parameters]
            if companion:
                sql, parameters = companion.folded(sql, parameters)
            cursor.execute(sql, parameters)
            if (cursor.lastrowid if connection.vendor == "mysql" else cursor.rowcount) > 0:
                return True
            if cursor.rowcount > 0:
                return False  # MySQL's UPDATE met the row and left it as it was
    return False


def _column(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return model._meta.get_field(name)  # type: ignore[return-value]


def _prepared(model: type[models.Model], name: str, value: Any, connection: BaseDatabaseWrapper) -> Any:
    """As the driver takes it. Every driver takes text as it is, and most values are that."""
    if value is None or isinstance(value, str):
        return value
    return _column(model, name).get_db_prep_save(value, connection)


@lru_cache(maxsize=256)
def _cast(model: type[models.Model], name: str) -> str:
    """PostgreSQL knows no types in a bare SELECT. `varchar(n)` would cut without a word; the column itself refuses."""
    return _CASTS.get(_column(model, name).get_internal_type(), "text")
