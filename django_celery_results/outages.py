"""When the database fails, try again: one that is away for seconds loses nothing.

Only errors that another attempt can cure are retried, for a bounded time, and never inside a transaction of the
caller: there the statement that failed has undone the ones before it.
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

from .connections import discard_prepared, in_transaction

logger = get_logger(__name__)

T = TypeVar("T")
STORE_SECONDS = 30.0
"""How long a store is tried again while the database is away."""
READ_SECONDS = 1.0
"""A reader has somebody waiting."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 2.0
_PASSING = frozenset({"40001", "40P01", "55P03", "57P01", "57P02", "57P03"})
"""SQLSTATE of serialization failures, deadlocks, lock timeouts and shutdowns."""
_LOST_PREPARED = frozenset({"26000", "42P05"})
"""SQLSTATE of prepared statements that a pooler gave to another client."""
_SETTLED = frozenset({1044, 1045, 1049, 1054, 1130, 1153, 1267, 1366})
"""MySQL: access denied, no such database or column, host refused, packet too large, text refused: said for good."""
_NO_SUCH = ("no such table", "no such column", "has no column")
"""SQLite reports what is not migrated as it reports a lock."""


def is_retryable(error: BaseException) -> bool:
    """Whether another attempt on a fresh connection may do better."""
    if isinstance(error, InterfaceError | OperationalError):
        said = error.args[0] if error.args else None
        return said not in _SETTLED and not any(words in str(said) for words in _NO_SUCH)
    return isinstance(error, DatabaseError) and _sqlstate(error) in _PASSING | _LOST_PREPARED


def recover(alias: str, error: BaseException) -> bool:
    """Get the alias ready for another attempt; False inside a transaction, which only its owner can end."""
    connection = connections[alias]
    if in_transaction(connection):
        return False
    if _sqlstate(error) in _LOST_PREPARED:
        discard_prepared(alias)
    connection.errors_occurred = True  # so that the connection is looked at, even where the driver raised oddly
    connection.close_if_unusable_or_obsolete()
    return True


_limit: ContextVar[float | None] = ContextVar("django_celery_results.limit", default=None)
"""The moment after which nothing is tried again, whatever the operation allows itself."""


@contextmanager
def trying_for(seconds: float) -> Iterator[None]:
    """Try nothing again after so many seconds."""
    token = _limit.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def retrying(alias: str, operation: Callable[[str], T], seconds: float) -> T:
    """Run `operation(alias)`, and again while it fails in a way that passes, for at most so long."""
    deadline = min(time.monotonic() + seconds, _limit.get() or math.inf)
    pause = _FIRST_PAUSE
    while True:
        try:
            return operation(alias)
        except DatabaseError as error:
            if not is_retryable(error) or time.monotonic() + pause > deadline or not recover(alias, error):
                raise
            logger.warning("The result database failed, trying again in %.2f s: %s", pause, error)
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that workers do not come back all at once
        pause = min(pause * 2, _LONGEST_PAUSE)


def _sqlstate(error: BaseException) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
