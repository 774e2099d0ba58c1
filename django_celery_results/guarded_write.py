"""One guarded write: a state is stored by one statement of `statements`, its companion with it, or neither is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from .connections import cursor_of
from .oversized import is_large
from .state_changes import Companion, StateChange, changed_by, is_outdated
from .statements import BUILDERS, OWN, Columns, Statement, Statements
from .states import TaskState, state_of

_shared: set[str] = set()
"""Aliases where a row was there that this process took for new: a project's hook, or a publisher, makes them."""
_INTEGERS = ("IntegerField", "BigIntegerField")
_CASTS = {"DateTimeField": "timestamptz", "IntegerField": "integer", "BigIntegerField": "bigint"}


def write(model: type[models.Model], alias: str, change: StateChange, companion: Companion | None = None) -> bool:
    """Store a state unless the row stands above it; True if it was taken. The change fits the model's columns."""
    connection = connections[alias]
    if not companion or (connection.vendor == "postgresql" and not companion.is_failure):
        return _execute(connection, model, change, companion)
    with transaction.atomic(using=alias):
        is_first = _run_and_look(connection, model, companion, change.task_id)
        is_taken = _execute(connection, model, change, None, is_first=is_first)
        if not is_taken and companion.is_failure and refuses_as_outdated(model, alias, change):
            transaction.set_rollback(True, using=alias)
    return is_taken


def refuses_as_outdated(model: type[models.Model], alias: str, change: StateChange) -> bool:
    """Return whether the row that refused this failure is that of a later run."""
    row: Any = model._base_manager.using(alias).filter(task_id=change.task_id).first()
    return row is None or is_outdated(change, row.status, getattr(row, "attempt", None))


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
    """`is_first`: the row was looked for and is not there."""
    now = timezone.now()
    changed = changed_by(change, now)
    first = {"content_type": "", "content_encoding": ""}  # NOT NULL, and unknown to whoever stores a bare state
    values = {"task_id": change.task_id, "date_created": now, "date_done": now, **first, **changed}
    build, state, has_attempt = BUILDERS[connection.vendor], state_of(change.status), change.attempt is not None
    own = change.replaced
    statements = _statements(
        build, model, connection.alias, tuple(values), tuple(changed), state, has_attempt, own is not None
    )
    for name, value in values.items():
        if value is not None and not isinstance(value, str):  # every driver takes text as it is
            values[name] = _prepared(model, name, value, connection)
    if own is not None:
        values[OWN] = _prepared(model, "date_done", own, connection)
    if is_first or (change.is_first and connection.alias not in _shared):
        is_taken = _insert(connection, statements, values, companion)
    else:
        is_taken = _first_taken(connection, statements.usual, values, companion)
    if is_taken and change.self_stored:
        change.self_stored.note(now)
    return is_taken


@lru_cache(maxsize=512)
def _statements(
    build: Callable[[Columns], Statements],
    model: type[models.Model],
    alias: str,
    initial: tuple[str, ...],
    changed: tuple[str, ...],
    state: TaskState,
    has_attempt: bool,
    replaces_own: bool,
) -> Statements:
    """Made once for every kind of write: from one task to the next only values differ."""
    quoted = connections[alias].ops.quote_name
    columns = Columns(
        table=quoted(model._meta.db_table),
        key=quoted(str(model._meta.pk and model._meta.pk.column)),
        types=tuple((name, _cast(model, name)) for name in initial),
        changed=changed,
        state=state,
        has_attempt=has_attempt,
        replaces_own=replaces_own,
    )
    return build(columns)


def _insert(
    connection: BaseDatabaseWrapper, statements: Statements, values: dict[str, Any], companion: Companion | None
) -> bool:
    """Insert without a look. Where there is a row, an id was drawn in vain: that happens once in a process."""
    with _cursor(connection, values) as cursor:
        is_taken = _run(connection, cursor, statements.first, values, companion)
        if not _is_made(connection, cursor, is_taken):
            _shared.add(connection.alias)
    if is_taken or statements.is_first_guarded:
        return is_taken
    return _first_taken(connection, statements.usual, values, companion)


def _first_taken(
    connection: BaseDatabaseWrapper,
    statements: tuple[Statement, ...],
    values: dict[str, Any],
    companion: Companion | None,
) -> bool:
    """Run the statements until one meets a row or makes one. True if it took the write."""
    with _cursor(connection, values) as cursor:
        for statement in statements:
            if _run(connection, cursor, statement, values, companion):
                return True
            if connection.vendor == "mysql" and cursor.lastrowid:
                return False  # its UPDATE met the row and left it as it was
    return False


def _cursor(connection: BaseDatabaseWrapper, values: dict[str, Any]) -> Any:
    """One that is used again holds on to what it sent until it sends again, which a large result is not to be."""
    return connection.cursor() if is_large(values.get("result")) else cursor_of(connection)


def _run(
    connection: BaseDatabaseWrapper,
    cursor: Any,
    statement: Statement,
    values: dict[str, Any],
    companion: Companion | None,
) -> bool:
    sql, parameters = statement.sql, list(map(values.__getitem__, statement.parameters))
    if companion:
        sql, parameters = companion.folded(sql, parameters)
    cursor.execute(sql, parameters)
    return bool((cursor.lastrowid if statement.tells_by_id else cursor.rowcount) > 0)


def _is_made(connection: BaseDatabaseWrapper, cursor: Any, is_taken: bool) -> bool:
    """Whether the insert made the row. On SQLite it draws no id in vain."""
    if connection.vendor == "postgresql":
        driver_cursor = getattr(cursor, "cursor", cursor)  # Django's own costs more than the row
        return is_taken and driver_cursor.fetchone() == (True,)
    return connection.vendor == "sqlite" or is_taken


def _column(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return model._meta.get_field(name)  # type: ignore[return-value]


@lru_cache(maxsize=512)
def _kind(model: type[models.Model], name: str) -> str:
    return _column(model, name).get_internal_type()


def _prepared(model: type[models.Model], name: str, value: Any, connection: BaseDatabaseWrapper) -> Any:
    """As the driver takes it: what is of its column's type already needs no field to make it so."""
    kind = _kind(model, name)
    if type(value) is int and kind in _INTEGERS:
        return connection.ops.adapt_integerfield_value(value, kind)
    if type(value) is datetime and kind == "DateTimeField" and timezone.is_aware(value) is settings.USE_TZ:
        return connection.ops.adapt_datetimefield_value(value)
    return _column(model, name).get_db_prep_save(value, connection)


def _cast(model: type[models.Model], name: str) -> str:
    """PostgreSQL knows no types in a bare SELECT. `varchar(n)` would cut without a word; the column itself refuses."""
    return _CASTS.get(_kind(model, name), "text")
