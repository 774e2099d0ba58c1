"""How migrations take a table from those who use it: in short attempts.

Who waits for an exclusive lock behind one long reader stalls everybody who comes later, writers too.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import router, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.utils import OperationalError

from django_celery_results.outages import sqlstate_of

logger = logging.getLogger(__name__)

_SECONDS = 2
"""How long one attempt waits: longer than PostgreSQL's `deadlock_timeout`, after which autovacuum gives way."""
_PAUSE = 3
"""Seconds between two attempts, in which writers go on."""
_ATTEMPTS = 40
_HINT = (
    "Long transactions hold the table: nothing was changed, repeat `migrate` when they are over (docs/upgrading.md)."
)


def lock_tables(schema_editor: BaseDatabaseSchemaEditor, app_label: str, *names: str, state: Any) -> None:
    """Lock the tables of these models on PostgreSQL until the migration's transaction ends; elsewhere do nothing."""
    alias = schema_editor.connection.alias
    candidates = [state.apps.get_model(app_label, name) for name in names]
    allowed = [model for model in candidates if router.allow_migrate_model(alias, model)]
    if schema_editor.connection.vendor != "postgresql" or not allowed:
        return
    tables = ", ".join(schema_editor.quote_name(model._meta.db_table) for model in allowed)
    sql = f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE"
    schema_editor.execute(f"SET LOCAL lock_timeout = '{_SECONDS}s'")
    if schema_editor.collect_sql:
        schema_editor.execute(sql)
        return

    def lock() -> None:
        with transaction.atomic(alias):  # a savepoint: the migration outlives a refused lock
            schema_editor.execute(sql)

    _try_again(lock)


def alter_table(schema_editor: BaseDatabaseSchemaEditor, sql: str) -> None:
    """Run an ALTER TABLE on MariaDB or MySQL."""
    if schema_editor.collect_sql:
        schema_editor.execute(sql)
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT @@SESSION.lock_wait_timeout")
        (before,) = cursor.fetchone()
        cursor.execute(f"SET SESSION lock_wait_timeout = {_SECONDS}")
        try:
            _try_again(lambda: schema_editor.execute(sql))
        finally:
            cursor.execute("SET SESSION lock_wait_timeout = %s", [before])


def _try_again(lock: Callable[[], Any]) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            lock()
        except OperationalError as error:
            if not _is_lock_timeout(error):
                raise
            if attempt == _ATTEMPTS:
                error.add_note(_HINT)
                raise
            logger.warning("Long transactions hold a table of task results; trying again in %s s.", _PAUSE)
            time.sleep(_PAUSE)
        else:
            return


def _is_lock_timeout(error: OperationalError) -> bool:
    return sqlstate_of(error) == "55P03" or error.args[:1] == (1205,)
