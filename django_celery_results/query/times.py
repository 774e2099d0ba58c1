"""Times off PostgreSQL by the driver's own loader: Django's is written in Python, and takes half the time of a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connections

try:
    from psycopg.types.datetime import TimestamptzLoader
except ImportError:
    TimestamptzLoader = None  # type: ignore[assignment, misc]


@contextmanager
def by_driver(alias: str) -> Iterator[bool]:
    """Statements meanwhile give aware times as the driver does; whether they will, and `as_django` is to be called."""
    connection = connections[alias]
    is_psycopg = connection.vendor == "postgresql" and getattr(connection, "Database").__name__ == "psycopg"  # noqa: B009
    if TimestamptzLoader is None or not is_psycopg or not settings.USE_TZ or connection.timezone_name != "UTC":
        yield False
        return
    with connection.execute_wrapper(_execute):
        yield True


def _execute(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    # Of this cursor alone: what the connection's other cursors load stays Django's.
    context["cursor"].cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
    return execute(sql, params, many, context)


def as_django(value: datetime | None) -> datetime | None:
    """The same moment with the time zone's object that Django gives it."""
    return None if value is None else value.replace(tzinfo=UTC)
