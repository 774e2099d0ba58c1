"""Which connection results are stored on.

Celery closes Django's connections around every task. Where the alias allows persistent connections, a worker therefore
keeps one of its own, under an alias that is listed nowhere: nobody else closes it. Within a transaction of the task it
is not used: it would wait for a row that the task holds, for ever.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, cast

from celery import signals
from celery.utils.log import get_logger
from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import Error as DatabaseError
from django.db.utils import load_backend
from django.utils.asyncio import async_unsafe
from kombu.utils.compat import detect_environment

from .conf import settings

logger = get_logger(__name__)
THREADS = "task results"
"""How the names of this package's own threads begin."""
_GREENLETS = ("gevent", "eventlet")
_DJANGO_BACKENDS = ("django.db.backends.", "django.contrib.gis.db.backends.")
_KEPT = "dcr_kept"
"""The setting of a connection that this process keeps: the alias that it was copied from."""
_CURSOR = "dcr_cursor"
_ACTIVE = 1
"""libpq's PQTRANS_ACTIVE: a statement is under way."""
_DJANGO_CURSOR = BaseDatabaseWrapper.cursor

_state = {"is_worker": False}
_main_process = {"pid": 0, "of test": 0}
"""Process ids: of `celery worker`, and of a test that runs a worker in a thread."""
_unprepared: set[str] = set()
"""Aliases behind a pooler that loses prepared statements."""


def _mark_main_process(sender: Any, **_: Any) -> None:
    """Take the process of `celery worker` for a worker, and not one where a test runs a worker in a thread.

    There, connections and transactions are those of the tests: what a worker kept would keep the test database in use.
    """
    from celery.apps.worker import Worker  # no web process loads it

    if isinstance(sender, Worker):
        _main_process["pid"] = os.getpid()
        _state["is_worker"] = True
    else:
        _main_process["of test"] = os.getpid()


def _mark_pool_process(**_: Any) -> None:
    if _main_process["of test"] != os.getpid():  # a solo pool sends this in the process of its worker
        _state["is_worker"] = True


def connect() -> None:
    """Learn from Celery's signals that this process is a worker."""
    signals.worker_init.connect(_mark_main_process, dispatch_uid="django_celery_results.worker")
    signals.worker_process_init.connect(_mark_pool_process, dispatch_uid="django_celery_results.worker_process")


def is_worker() -> bool:
    """Whether this process is a worker, or a child of one. Web servers, tests and commands are not."""
    return _state["is_worker"]


def is_main_process_of_worker() -> bool:
    """Return whether this process receives the messages of a worker; in some pools it runs the tasks as well."""
    return _main_process["pid"] == os.getpid()


def alias_for_write(model: type[models.Model], using: str | None = None) -> str:
    """The alias that results of this model are written on: the worker's own where it keeps one."""
    if using:
        return using
    alias = router.db_for_write(model)
    return _kept_or_given(alias) if is_worker() else alias


def uses_django_backend(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database backend is one of Django's own.

    Others may tell each cursor or connection what only they know, such as the tenant that is served. Where one is in
    use, each statement gets a cursor of its own, on the connection of the thread that runs the task.
    """
    return type(connection).__module__.startswith(_DJANGO_BACKENDS)


def keeps(alias: str) -> bool:
    """Whether a worker keeps a connection of its own to the alias's database."""
    if detect_environment() in _GREENLETS:
        return False  # a greenlet ends with its task, and its connection with it
    connection = connections[alias]
    if connection.vendor == "sqlite" or not uses_django_backend(connection):
        return False  # on SQLite two connections of one task would wait for each other's lock
    wanted = settings().keep_connection
    return connection.settings_dict["CONN_MAX_AGE"] != 0 if wanted is None else wanted


def in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Whether a transaction is open: a block, or one that somebody begins and ends by hand."""
    return connection.in_atomic_block or (connection.connection is not None and not connection.autocommit)


def _kept_or_given(alias: str) -> str:
    """The name of the kept connection, which is opened when it is first used. A forked child starts with none."""
    if in_transaction(connections[alias]):
        return alias
    name = _name_of_kept(alias)
    connection = getattr(connections._connections, name, None)  # type: ignore[attr-defined]
    if connection is not None:
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        return name
    if not keeps(alias):
        return alias
    connections[name] = _copy(alias, name)
    return name


def close_connections_of_thread() -> None:
    """Close what this thread has open, with the connections that it keeps for results."""
    connections.close_all()
    for alias in connections:
        kept = getattr(connections._connections, _name_of_kept(alias), None)  # type: ignore[attr-defined]
        if kept is not None:
            kept.close()


def _name_of_kept(alias: str) -> str:
    return f"{alias} of results in {os.getpid()}"


@contextmanager
def beside_transaction(alias: str) -> Iterator[str]:
    """Open a connection beside a transaction, for rows that others must find before it ends; yield its alias.

    Only rows that the transaction cannot hold may be written on it. On SQLite there is none: it would wait for the
    transaction's lock.
    """
    connection = connections[alias]
    if not in_transaction(connection) or connection.vendor == "sqlite" or not uses_django_backend(connection):
        yield alias
        return
    name = f"{alias} beside a transaction"
    connections[name] = connection.copy(name)
    try:
        yield name
    finally:
        connections[name].close()
        del connections[name]


def cursor_of(connection: BaseDatabaseWrapper) -> Any:
    """A cursor, of a connection that one thread has for itself always the same: making one takes a tenth of a read."""
    if connection.queries_logged or not _reuses_cursor(connection):
        return connection.cursor()
    made_on, cursor = getattr(connection, _CURSOR, (None, None))
    if made_on is None or made_on is not connection.connection:
        cursor = connection.cursor()
        setattr(connection, _CURSOR, (connection.connection, cursor))
    return nullcontext(cursor)


def _reuses_cursor(connection: BaseDatabaseWrapper) -> bool:
    if getattr(connection.cursor, "__func__", None) is not _DJANGO_CURSOR:
        return False  # tools that watch statements put their own in its place
    if _KEPT in connection.settings_dict:
        return True
    if settings().keep_connection is False or not uses_django_backend(connection):
        return False
    return _is_unshared(connection)


@async_unsafe
def _is_unshared(connection: BaseDatabaseWrapper) -> bool:
    """Whether one thread has it for itself. On SQLite, a cursor that was read from and is not closed holds a lock."""
    connection.close_if_health_check_failed()
    return connection.vendor != "sqlite" and not connection.allow_thread_sharing


def forget_cursor(connection: BaseDatabaseWrapper) -> None:
    """Let go of the cursor and of what it read last, which it would hold until it reads again."""
    setattr(connection, _CURSOR, (None, None))


def abandon(alias: str) -> None:
    """Roll back what a task of this worker left open when it ended: nobody is there to commit it.

    The state of the task would be lost with it, and Django refuses to use a connection that was closed within a block.
    """
    connection = connections[alias]
    _leave_interrupted(alias)
    if not is_worker() or not in_transaction(connection):
        return
    if any(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        return
    if connection.in_atomic_block or connection.settings_dict["AUTOCOMMIT"]:
        logger.warning("A task ended within a transaction on %r, which is rolled back", alias)
    connection.close()
    connection.connection = None  # Django keeps one that was closed within a block
    if connection.in_atomic_block:  # only connecting ends the block; a new wrapper would forget what this one was told
        with suppress(DatabaseError), connection.wrap_database_errors:
            connection.connect()


def _leave_interrupted(alias: str) -> None:
    """Close connections within a statement that an exception of another kind left, such as a soft time limit.

    psycopg 3 waits for the server in a way that Python can interrupt. Nothing else can be done on such a connection,
    and the server goes on with the statement unless it is told.
    """
    for name in (alias, _name_of_kept(alias)):
        connection: Any = getattr(connections._connections, name, None)  # type: ignore[attr-defined]
        driver: Any = getattr(connection, "connection", None)
        if getattr(getattr(driver, "pgconn", None), "transaction_status", None) != _ACTIVE:
            continue
        with suppress(Exception):
            driver.cancel()
        if not connection.in_atomic_block:  # else whoever began the block, or `abandon`, ends it
            close_for_good(name)


def close_for_good(alias: str) -> None:
    """Close the alias's connection outside of a transaction, so that the next statement opens another one."""
    connection: Any = connections[alias]
    with suppress(DatabaseError):  # it may be broken, in any way
        if connection.connection is not None and getattr(connection, "pool", None):
            connection.connection.close()  # Django's pool hands out again what it gets back open
        connection.close()


def discard_prepared(alias: str) -> None:
    """Never prepare on this connection again."""
    connection = connections[alias]
    _unprepared.add(connection.settings_dict.get(_KEPT, alias))
    if _KEPT in connection.settings_dict:  # else the options are the project's own
        connection.settings_dict["OPTIONS"].pop("prepare_threshold", None)
    if hasattr(connection.connection, "prepare_threshold"):
        connection.connection.prepare_threshold = None


def _copy(alias: str, name: str) -> BaseDatabaseWrapper:
    original = connections[alias].settings_dict
    options = {key: value for key, value in original["OPTIONS"].items() if key != "pool"}
    # What fails is tried again anyway, so that a health check before every write would be paid for nothing.
    own = {**original, "OPTIONS": options, "AUTOCOMMIT": True, "CONN_HEALTH_CHECKS": False, _KEPT: alias}
    if own["CONN_MAX_AGE"] == 0:
        own["CONN_MAX_AGE"] = None
    if _prepares(alias):
        options |= {"server_side_binding": True, "prepare_threshold": 1}
    return cast("BaseDatabaseWrapper", load_backend(own["ENGINE"]).DatabaseWrapper(own, name))


def _prepares(alias: str) -> bool:
    connection = connections[alias]
    if connection.vendor != "postgresql" or alias in _unprepared:
        return False
    from django.db.backends.postgresql.psycopg_any import is_psycopg3  # only where the driver is installed

    # Django's word for a pooler that hands out another server connection per transaction.
    return bool(is_psycopg3) and not connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
