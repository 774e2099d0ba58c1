"""One guarded write: a state is stored by one statement of `statements`, its companion with it, or neither is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from .state_changes import Companion, StateChange, changed_by
from .statements import BUILDERS, Columns, Statement
from .states import TaskState, state_of

_shared: set[str] = set()
"""Aliases where a row was there that this process took for new: a project's hook, or a publisher, makes them."""
_CASTS = {"DateTimeField": "timestamptz", "IntegerField": "integer", "BigIntegerField": "bigint"}


def write(model: type[models.Model], alias: str, change: StateChange, companion: Companion | None = None) -> bool:
    """Store a state unless the row stands above it; True if it was taken. The change fits the model's columns."""
    connection = connections[alias]
    if not companion or connection.vendor == "postgresql":
        return _execute(connection, model, change, companion)
    with transaction.atomic(using=alias):
        is_first = _run_and_look(connection, model, companion, change.task_id)
        return _execute(connection, model, change, None, is_first=is_first)


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
    changed = changed_by(change)
    now = timezone.now()
    first = {"content_type": "", "content_encoding": ""}  # NOT NULL, and unknown to whoever stores a bare state
    initial = {"task_id": change.task_id, "date_created": now, "date_done": now, **first, **changed}
    values = {  # every driver takes text as it is, and most values are that
        name: value if value is None or isinstance(value, str) else _prepared(model, name, value, connection)
        for name, value in initial.items()
    }
    has_attempt = change.attempt is not None
    columns = _columns(model, connection.alias, tuple(initial), tuple(changed), state_of(change.status), has_attempt)
    statements = BUILDERS[connection.vendor](columns)
    if is_first or (change.is_first and connection.alias not in _shared):
        return _insert(connection, statements.first, values, companion)
    return _first_taken(connection, statements.usual, values, companion)


@lru_cache(maxsize=512)
def _columns(
    model: type[models.Model],
    alias: str,
    initial: tuple[str, ...],
    changed: tuple[str, ...],
    state: TaskState,
    has_attempt: bool,
) -> Columns:
    """Made once for every kind of write: from one task to the next only values differ."""
    quoted = connections[alias].ops.quote_name
    return Columns(
        table=quoted(model._meta.db_table),
        key=quoted(str(model._meta.pk and model._meta.pk.column)),
        types=tuple((name, _cast(model, name)) for name in initial),
        changed=changed,
        state=state,
        has_attempt=has_attempt,
    )


def _insert(
    connection: BaseDatabaseWrapper, statement: Statement, values: dict[str, Any], companion: Companion | None
) -> bool:
    """Run a bare insert. Where it meets a row it has drawn an id in vain: that happens once in a process."""
    with connection.cursor() as cursor:
        is_taken = _run(connection, cursor, statement, values, companion)
        if not _is_made(connection, cursor, is_taken):
            _shared.add(connection.alias)
    return is_taken


def _first_taken(
    connection: BaseDatabaseWrapper,
    statements: tuple[Statement, ...],
    values: dict[str, Any],
    companion: Companion | None,
) -> bool:
    """Run the statements until one meets a row or makes one. True if it took the write."""
    with connection.cursor() as cursor:
        for statement in statements:
            if _run(connection, cursor, statement, values, companion):
                return True
            if cursor.rowcount > 0:
                return False  # MySQL's UPDATE met the row and left it as it was
    return False


def _run(
    connection: BaseDatabaseWrapper,
    cursor: Any,
    statement: Statement,
    values: dict[str, Any],
    companion: Companion | None,
) -> bool:
    sql, parameters = statement.sql, [values[name] for name in statement.parameters]
    if companion:
        sql, parameters = companion.folded(sql, parameters)
    cursor.execute(sql, parameters)
    return bool((cursor.lastrowid if connection.vendor == "mysql" else cursor.rowcount) > 0)


def _is_made(connection: BaseDatabaseWrapper, cursor: Any, is_taken: bool) -> bool:
    """Whether a bare insert made the row. On SQLite it draws no id in vain."""
    if connection.vendor == "postgresql":
        return is_taken and cursor.fetchone() == (True,)
    return connection.vendor == "sqlite" or (is_taken and cursor.rowcount == 1)  # MySQL counts a changed row as two


def _column(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return model._meta.get_field(name)  # type: ignore[return-value]


def _prepared(model: type[models.Model], name: str, value: Any, connection: BaseDatabaseWrapper) -> Any:
    """As the driver takes it."""
    return _column(model, name).get_db_prep_save(value, connection)


def _cast(model: type[models.Model], name: str) -> str:
    """PostgreSQL knows no types in a bare SELECT. `varchar(n)` would cut without a word; the column itself refuses."""
    return _CASTS.get(_column(model, name).get_internal_type(), "text")
