"""Retry operations on the result database that failed for a reason that passes.

Each attempt uses a fresh connection, which leads to the new primary after a failover: the old one often still answers
and refuses writes. Nothing is retried inside a transaction of the caller: the failed statement rolled it back.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from celery.utils.log import get_logger
from django.db import connections
from django.db.utils import Error as DatabaseError
from django.db.utils import InterfaceError, OperationalError

from .connections import close_for_good, discard_prepared, in_transaction

logger = get_logger(__name__)

T = TypeVar("T")
STORE_SECONDS = 30.0
"""How long a store is tried again while the database is away."""
READ_SECONDS = 1.0
"""A reader has somebody waiting."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 2.0
_PASSING = frozenset({"25006", "40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
"""SQLSTATE of read-only servers, serialization failures, deadlocks, lock timeouts and shutdowns."""
_READ_ONLY = frozenset({1290, 1792, 1836})
"""MySQL: the server, the transaction, the storage engine is read-only."""
_LOST_PREPARED = frozenset({"26000", "42P05"})
"""SQLSTATE of prepared statements that a pooler gave to another client."""
_SETTLED = frozenset({1044, 1045, 1049, 1054, 1130, 1153, 1267, 1366})
"""MySQL: access denied, no such database or column, host refused, packet too large, text refused: said for good."""
_NO_SUCH = ("no such table", "no such column", "has no column")
"""SQLite reports what is not migrated as it reports a lock."""


def is_retryable(error: BaseException) -> bool:
    """Return whether another attempt on a fresh connection may succeed."""
    code = error.args[0] if error.args else None  # MySQL: the error's number; SQLite and PostgreSQL: its text
    if isinstance(error, InterfaceError | OperationalError):
        return code not in _SETTLED and not any(words in str(code) for words in _NO_SUCH)
    is_passing = code in _READ_ONLY or sqlstate_of(error) in _PASSING | _LOST_PREPARED
    return isinstance(error, DatabaseError) and is_passing


def recover(alias: str, error: BaseException) -> bool:
    """Get the alias ready for another attempt; False inside a transaction, which only its owner can end."""
    connection = connections[alias]
    if in_transaction(connection):
        return False
    if sqlstate_of(error) in _LOST_PREPARED:
        discard_prepared(alias)
    else:
        close_for_good(alias)
    return True


_limit: ContextVar[float | None] = ContextVar("django_celery_results.limit", default=None)
"""The moment after which nothing is tried more than once again, whatever the operation allows itself."""


@contextmanager
def trying_for(seconds: float) -> Iterator[None]:
    """Try nothing more than once again after so many seconds."""
    token = _limit.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def retrying(alias: str, operation: Callable[[str], T], seconds: float) -> T:
    """Run `operation(alias)`, and again while it fails in a way that passes, for at most so long.

    It is tried again once in any case: the first attempt may have waited for a lock for longer than that.
    """
    deadline = min(time.monotonic() + seconds, _limit.get() or math.inf)
    pause, has_retried = _FIRST_PAUSE, False
    while True:
        try:
            return operation(alias)
        except DatabaseError as error:
            # recover() comes before the deadline: later operations must not get the connection that failed either.
            if not is_retryable(error) or not recover(alias, error):
                raise
            if has_retried and time.monotonic() + pause > deadline:
                raise
            logger.warning("The result database failed, trying again in %.2f s: %s", pause, error)
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that workers do not come back all at once
        pause, has_retried = min(pause * 2, _LONGEST_PAUSE), True


def sqlstate_of(error: BaseException) -> str | None:
    """Return the SQLSTATE of an error of PostgreSQL; None for other errors."""
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)  # of psycopg 3 and 2
