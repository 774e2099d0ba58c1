"""The plainest durable write a driver can do: one prepared upsert of the columns that a finished task fills."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

COLUMNS = (
    "task_id", "status", "content_type", "content_encoding", "result", "task_name", "worker", "task_args",
    "task_kwargs", "meta", "date_created", "date_done",
)  # fmt: skip
_NAMES = ", ".join(COLUMNS)
_TABLE = "django_celery_results_taskresult"


def raw_upsert(vendor: str, database: str, result: str) -> Callable[[str], None]:
    """A function that upserts the finished row of one task id."""
    execute, placeholder = _DRIVERS[vendor](database)
    values = ", ".join([placeholder] * len(COLUMNS))
    excluded = "VALUES({0})" if vendor == "mysql" else "excluded.{0}"
    changes = ", ".join(f"{name} = {excluded.format(name)}" for name in COLUMNS[1:] if name != "date_created")
    met = "ON DUPLICATE KEY UPDATE" if vendor == "mysql" else "ON CONFLICT (task_id) DO UPDATE SET"
    sql = f"INSERT INTO {_TABLE} ({_NAMES}) VALUES ({values}) {met} {changes}"

    def upsert(task_id: str) -> None:
        now = datetime.now(UTC)
        at = now if vendor == "postgresql" else now.replace(tzinfo=None).isoformat(" ")
        row = (
            task_id,
            "SUCCESS",
            "application/json",
            "utf-8",
            result,
            "bench_app.noop",
            "worker@bench",
            '"(1,)"',
            '"{}"',
        )
        execute(sql, (*row, '{"children": []}', at, at))

    return upsert


def _postgresql(database: str) -> tuple[Callable[..., object], str]:
    import psycopg

    connection = psycopg.connect(f"dbname={database} host=127.0.0.1 user=root", autocommit=True, prepare_threshold=0)
    return connection.cursor().execute, "%s"


def _mysql(database: str) -> tuple[Callable[..., object], str]:
    import MySQLdb

    connection = MySQLdb.connect(host="127.0.0.1", user="root", db=database, charset="utf8mb4")
    connection.autocommit(True)
    return connection.cursor().execute, "%s"


def _sqlite(database: str) -> tuple[Callable[..., object], str]:
    import sqlite3

    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    return connection.execute, "?"


_DRIVERS = {"postgresql": _postgresql, "mysql": _mysql, "sqlite": _sqlite}
