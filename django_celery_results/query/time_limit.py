"""How long one read may take, within what is left of its operation's time: its database stops it.

The limit belongs to the statement, so that nobody else meets it: not the next request on this connection, not another
client behind a pooler. MariaDB has words for that; PostgreSQL's `SET LOCAL` ends with the message that carries both
statements; SQLite asks a function while it works, which is taken away again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseError

from django_celery_results.outages import sqlstate_of

from . import budget

Execute = Callable[..., Any]
Seconds = Callable[[], float]
_LEAST = 0.001
"""Databases take 0 as no limit."""
_MARIADB_TIMEOUT = 1969
_POSTGRESQL_CANCELED = "57014"
_SQLITE_STEPS = 10_000
"""Instructions of SQLite's machine, some hundred microseconds, after which it asks whether to go on."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Stops each read of this thread that takes longer, on every database; None: no limit of its own.

    No read takes longer than is left of the operation's time, and none begins after that. One that was stopped is not
    tried again, however often it is asked for within the block.
    """
    is_limited = seconds is not None or math.isfinite(budget.seconds_left())
    most = math.inf if seconds is None else seconds

    def allowed() -> float:
        return max(min(most, budget.seconds_left()), _LEAST)

    with ExitStack() as stack:
        for alias in connections if is_limited else ():
            if limited := _LIMITS.get(connections[alias].vendor):
                stack.enter_context(connections[alias].execute_wrapper(_remembering()))
                stack.enter_context(limited(connections[alias], allowed))
        yield


def reads_limited() -> AbstractContextManager[None]:
    """Stops each read as the operation's budget says; nothing where there is none."""
    return time_limit(budget.statement_seconds())


def ran_out(error: BaseException | None) -> bool:
    """Return whether a database reported that it stopped a statement."""
    if not isinstance(error, DatabaseError):
        return False
    return sqlstate_of(error) == _POSTGRESQL_CANCELED or error.args[:1] in ((_MARIADB_TIMEOUT,), ("interrupted",))


def _remembering() -> Execute:
    stopped: dict[tuple[Any, str], DatabaseError] = {}

    def run(execute: Execute, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if _is_read(sql):
            budget.check_time()
        if stopped and (sql, repr(params)) in stopped:
            raise stopped[sql, repr(params)]
        try:
            return execute(sql, params, many, context)
        except DatabaseError as error:
            if ran_out(error):
                stopped[sql, repr(params)] = error
            raise

    return run


def _is_read(sql: Any) -> bool:
    return isinstance(sql, str) and sql.lstrip("( \n").startswith(("SELECT", "WITH"))


def _postgresql(connection: BaseDatabaseWrapper, seconds: Seconds) -> AbstractContextManager[None]:
    # Parameters that the server binds are those of one statement.
    is_psycopg3 = getattr(connection, "Database").__name__ == "psycopg"  # noqa: B009 - of its subclass
    binds = bool(connection.settings_dict["OPTIONS"].get("server_side_binding"))

    def run(execute: Execute, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        cursor = context["cursor"]
        # In a transaction the setting would outlive the statement; and a named cursor reads when it is told to.
        if connection.in_atomic_block or not _is_read(sql) or getattr(cursor.cursor, "name", None):
            return execute(sql, params, many, context)
        setting = f"SET LOCAL statement_timeout = {math.ceil(seconds() * 1000)}"
        if binds:
            with transaction.atomic(using=connection.alias):
                execute(setting, None, False, context)
                return execute(sql, params, many, context)
        result = execute(f"{setting}; {sql}", params, many, context)
        if is_psycopg3:  # the older driver keeps the last statement's rows only
            cursor.nextset()
        return result

    return connection.execute_wrapper(run)


def _mariadb(connection: BaseDatabaseWrapper, seconds: Seconds) -> AbstractContextManager[None]:
    def run(execute: Execute, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        # MySQL goes by the same vendor, and does not know the words.
        if _is_read(sql) and "MariaDB" in connection.connection.get_server_info():
            sql = f"SET STATEMENT max_statement_time={seconds():f} FOR {sql}"
        return execute(sql, params, many, context)

    return connection.execute_wrapper(run)


@contextmanager
def _sqlite(connection: BaseDatabaseWrapper, seconds: Seconds) -> Iterator[None]:
    deadline = math.inf

    def run(execute: Execute, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        nonlocal deadline
        deadline = time.monotonic() + seconds() if _is_read(sql) else math.inf
        # Each time, since the connection may be another one by now. Rows are still read after this returns.
        connection.connection.set_progress_handler(lambda: time.monotonic() > deadline, _SQLITE_STEPS)
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(run):
            yield
    finally:
        if connection.connection is not None:
            connection.connection.set_progress_handler(None, 0)


_LIMITS: dict[str, Callable[[Any, Seconds], AbstractContextManager[None]]] = {
    "postgresql": _postgresql,
    "mysql": _mariadb,
    "sqlite": _sqlite,
}
