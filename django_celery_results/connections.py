"""Which connection results are stored on, and what to do when it fails.

Only errors that another attempt can cure are retried, for a bounded time, and never inside a transaction of the
caller: there the first statement that failed has undone the ones before it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from celery.utils.log import get_logger
from django.db import connections, models, router
from django.db.utils import Error as DatabaseError
from django.db.utils import InterfaceError, OperationalError

logger = get_logger(__name__)

T = TypeVar("T")
STORE_SECONDS = 30.0
"""How long a store is tried again while the database is away."""
READ_SECONDS = 1.0
"""A reader has somebody waiting: one fresh connection, then the error."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 2.0
_RETRYABLE_STATES = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "26000", "42P05")
"""SQLSTATE of serialization failures, deadlocks, locks, shutdowns, and prepared statements that a pooler lost."""
_SETTLED_MYSQL = (1044, 1045, 1049, 1130)
"""Access denied, unknown database, host refused: another attempt says the same."""


def is_retryable(error: BaseException) -> bool:
    """Whether another attempt on a fresh connection may do better."""
    if isinstance(error, InterfaceError | OperationalError):
        return not (error.args and error.args[0] in _SETTLED_MYSQL)
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, DatabaseError) and state in _RETRYABLE_STATES


def recover(alias: str) -> bool:
    """Get the alias ready for another attempt; False inside a transaction, which only its owner can end."""
    connection = connections[alias]
    if connection.in_atomic_block:
        return False
    connection.errors_occurred = True
    connection.close_if_unusable_or_obsolete()
    return True


def retrying(alias: str, operation: Callable[[str], T], seconds: float) -> T:
    """Run `operation(alias)`, and again while it fails in a way that passes, for at most so long."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        try:
            return operation(alias)
        except DatabaseError as error:
            if not is_retryable(error) or time.monotonic() + pause > deadline or not recover(alias):
                raise
            logger.warning("The result database failed, trying again in %.2f s: %s", pause, error)
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that workers do not come back all at once
        pause = min(pause * 2, _LONGEST_PAUSE)


def alias_for_write(model: type[models.Model], using: str | None = None) -> str:
    """The alias that results of this model are written on."""
    return using or router.db_for_write(model)


def alias_for_read(model: type[models.Model]) -> str:
    """The alias that Celery's protocol reads results of this model from."""
    return router.db_for_read(model)
