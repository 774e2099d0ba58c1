"""What is too large for the database: how much it takes, and whether a write that failed was more than that.

Servers say it in many ways, often by closing the connection, so that sizes are compared instead of errors.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from .outages import recover

_LARGE = 2**16
"""Characters that every database takes."""
_REST = 2**13
"""Bytes of a statement beside its large texts, generously."""
_POSTGRESQL = 2**30 - 1
_ESCAPED_BY_MYSQL = b"\0\n\r\x1a\"'\\"


def is_large(value: Any) -> bool:
    """Whether it is a text that not every database takes, and that nobody should hold on to."""
    return isinstance(value, str) and len(value) > _LARGE


def is_refused(texts: Iterable[str | None], alias: str, error: Exception) -> bool:
    """Whether a statement with these texts failed since it is too large. Nothing is asked where all are small.

    To ask, the connection that failed is made ready again; in an open transaction it cannot be, and the answer is no.
    """
    large = [text for text in texts if text and is_large(text)]
    if not large or not recover(alias, error):
        return False
    connection = connections[alias]
    return sum(_bytes(text, connection.vendor) for text in large) + _REST > _limit(connection)


def _bytes(text: str, vendor: str) -> int:
    """As they go to the server: MySQL's drivers send a statement with its values, which they escape."""
    data = text.encode(errors="replace")
    return len(data) + (sum(map(data.count, _ESCAPED_BY_MYSQL)) if vendor == "mysql" else 0)


def _limit(connection: BaseDatabaseWrapper) -> float:
    if connection.vendor == "postgresql":
        return _POSTGRESQL
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        return int(connection.connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH))
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@max_allowed_packet")
            return int(cursor.fetchone()[0])
    return float("inf")
