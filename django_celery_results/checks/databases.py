"""Whether the database has ids, connections and room in its rows. These checks ask it, so they run on demand only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.db import connections, router

from django_celery_results.conf import SETTING
from django_celery_results.connections import keeps
from django_celery_results.fields import has_big_ids
from django_celery_results.models import ChordCounter, GroupResult, TaskResult

from . import celery
from .messages import warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.core.checks import CheckMessage
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

_LAST_INT4 = 2**31 - 1
_ALARM_AT = 0.8
_SHARE = 0.5
_WIDEN = "`migrate django_celery_results 0018`, then `migrate`; the tables are locked meanwhile: see docs/upgrading.md."
_SMALL_ROWS = ("Compact", "Redundant")
"""Formats of InnoDB that keep the first 768 bytes of each long column within the row, which has 8,126 at most."""
_LIMIT = {"postgresql": "SHOW max_connections", "mysql": "SELECT @@max_connections"}


def check_databases(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    alias = router.db_for_write(TaskResult)
    if alias not in (databases or ()):
        return []
    connection = connections[alias]
    known = connection.introspection.table_names()
    models = [model for model in (TaskResult, GroupResult, ChordCounter) if model._meta.db_table in known]
    ids = (found for model in models for found in _of_ids(connection, model))
    return [*ids, *_of_row_format(connection, known), *_of_connections(connection)]


def _of_ids(connection: BaseDatabaseWrapper, model: type[Model]) -> Iterator[CheckMessage]:
    table = model._meta.db_table
    if connection.vendor == "sqlite" or _is_bigint(connection, table):
        return
    if has_big_ids():
        yield warning(9, f"DJANGO_CELERY_RESULTS_BIG_IDS is set, but the ids of {table} have 32 bits.", _WIDEN)
    last = _last_id(connection, table)
    if last > _LAST_INT4 * _ALARM_AT:
        text = f"{table} has given {last:,} of {_LAST_INT4:,} ids; after the last one no new row can be stored."
        yield warning(6, text, f"Set DJANGO_CELERY_RESULTS_BIG_IDS = True. {_WIDEN}")


def _is_bigint(connection: BaseDatabaseWrapper, table: str) -> bool:
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
    key = next(column for column in described if column.name == "id")
    return "Big" in connection.introspection.get_field_type(key.type_code, key)


def _last_id(connection: BaseDatabaseWrapper, table: str) -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The sequence may be far ahead of the rows: refused and repeated writes of the 2.x package drew from it.
            cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)", [table])
        else:
            cursor.execute(f"SELECT MAX(id) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of ours
        return int(cursor.fetchone()[0] or 0)


def _of_row_format(connection: BaseDatabaseWrapper, known: Sequence[str]) -> Iterator[CheckMessage]:
    table = TaskResult._meta.db_table
    if connection.vendor != "mysql" or table not in known:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_format FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s",
            [table],
        )
        row_format = cursor.fetchone()[0]
    if row_format in _SMALL_ROWS:
        text = f"{table} has ROW_FORMAT={row_format.upper()}: a row may have no room for all columns that are new."
        yield warning(10, text, f"ALTER TABLE {table} ROW_FORMAT=DYNAMIC; before `migrate`: see docs/upgrading.md.")


def _of_connections(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    if connection.vendor not in _LIMIT:
        return
    with connection.cursor() as cursor:
        cursor.execute(_LIMIT[connection.vendor])
        limit = int(cursor.fetchone()[0])
    app = celery.project_app()
    processes = (app and app.conf.worker_concurrency) or os.cpu_count() or 1
    needed = connections_of_worker(connection, processes)
    if needed > limit * _SHARE:
        text = f"One worker of {processes} processes may open {needed} of the {limit} connections the server allows."
        hint = f"Lower CELERY_WORKER_CONCURRENCY, set KEEP_CONNECTION to False in {SETTING}, or use a pooler."
        yield warning(7, text, hint)


def connections_of_worker(connection: BaseDatabaseWrapper, processes: int) -> int:
    """Return how many connections a worker has open while each of its processes runs a task that uses the database."""
    return processes * (2 if keeps(connection.alias) else 1)
