"""`migrate` changes large tables that are in use: it stalls no writers, and can be repeated after a failure."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.drop_in.projects import Project, new
from tests.programs import SECONDS, started
from tests.workers import wait_for

TABLE = "django_celery_results_taskresult"
WAITING = {
    "postgresql": f"SELECT 1 FROM pg_locks WHERE NOT granted AND relation = '{TABLE}'::regclass",
    "mysql": "SELECT 1 FROM information_schema.PROCESSLIST"
    " WHERE db = DATABASE() AND state = 'Waiting for table metadata lock'",
}
"""SQL that finds a row while somebody waits for the table."""
PATIENCE = {"postgresql": "SET lock_timeout = '60s'", "mysql": "SET lock_wait_timeout = 60"}
"""SQL that lets a writer fail in the end where it would wait for good."""
IS_MYSQL = connection.vendor == "mysql"


@contextmanager
def connected(project: Project) -> Iterator[BaseDatabaseWrapper]:
    """Connect to the project's database as one more client of it."""
    client = connection.copy("client")
    client.settings_dict["NAME"] = project.database["NAME"]
    try:
        yield client
    finally:
        client.close()


def execute(client: BaseDatabaseWrapper, sql: str) -> None:
    with client.cursor() as cursor:
        cursor.execute(sql)


def rows(client: BaseDatabaseWrapper, sql: str) -> list[Any]:
    with client.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def columns(client: BaseDatabaseWrapper) -> set[str]:
    with client.cursor() as cursor:
        return {column.name for column in client.introspection.get_table_description(cursor, TABLE)}


@pytest.mark.skipif(not IS_MYSQL, reason="no other database has row formats")
def test_compact_rows_get_all_new_columns_and_lose_all_or_none(project: Project) -> None:
    project.migrate(new(), "django_celery_results", "0014")
    with connected(project) as client:
        execute(client, f"ALTER TABLE {TABLE} CONVERT TO CHARACTER SET utf8mb3, ROW_FORMAT=COMPACT")
        before = columns(client)
        project.migrate(new(), "django_celery_results")
        after = columns(client)
        assert len(after - before) == 11
        with pytest.raises(AssertionError, match="Row size too large"):
            project.migrate(new(), "django_celery_results", "0014")
        assert columns(client) == after
        execute(client, f"ALTER TABLE {TABLE} ROW_FORMAT=DYNAMIC")
        project.migrate(new(), "django_celery_results", "0014")
        assert columns(client) == before


@pytest.mark.skipif(not IS_MYSQL, reason="changes of tables are rolled back elsewhere")
def test_interrupted_column_migration_can_be_repeated(project: Project) -> None:
    project.migrate(new(), "django_celery_results", "0014")
    with connected(project) as client:
        before = columns(client)
        execute(client, f"ALTER TABLE {TABLE} ADD attempt bigint, ADD error_type varchar(255)")
        project.migrate(new(), "django_celery_results", "0015")
        after = columns(client)
        assert len(after - before) == 11
        execute(client, f"ALTER TABLE {TABLE} DROP attempt, DROP queue")
        project.migrate(new(), "django_celery_results", "0014")
        assert columns(client) == before
        project.migrate(new(), "django_celery_results", "0015")
        assert columns(client) == after


@pytest.mark.skipif(connection.vendor == "sqlite", reason="readers and writers do not wait for each other there")
@pytest.mark.parametrize(("start", "target"), [("0014", "0015"), ("0015", "0014")])
def test_migrate_behind_a_long_reader_lets_writers_through(project: Project, start: str, target: str) -> None:
    project.migrate(new(), "django_celery_results", start)
    with connected(project) as reader, connected(project) as writer:
        reader.set_autocommit(False)
        execute(reader, f"SELECT * FROM {TABLE}")
        command = (sys.executable, "-W", "ignore", "manage.py", "migrate", "django_celery_results", target)
        with started(*command, cwd=project.folder, **project.environment(new())) as migration:
            wait_for(lambda: rows(writer, WAITING[connection.vendor]))
            execute(writer, PATIENCE[connection.vendor])
            execute(writer, f"DELETE FROM {TABLE}")
            assert migration.process.poll() is None, migration.log
            reader.rollback()
            assert migration.process.wait(SECONDS) == 0, migration.log
        assert ("attempt" in columns(writer)) is (target == "0015")
