"""The databases that tests run on, each from one URL.

`DATABASE_URL` chooses the database, `DATABASE_NAME` another one on the same server (workers started by tests are given
the name of the test database so), `DATABASE_MORE` adds to Django's settings of it, as JSON. `TEST_SUFFIX` keeps the
databases of two runs on one machine apart.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_ENGINES = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


def database(url: str | None = None) -> dict[str, Any]:
    """Django's settings for a database URL; None reads `DATABASE_URL`, and without that SQLite in a file is used."""
    url = url or os.environ.get("DATABASE_URL") or "sqlite"
    more: dict[str, Any] = json.loads(os.environ.get("DATABASE_MORE", "{}"))
    return (_sqlite() if url.startswith("sqlite") else _on_a_server(url)) | more


def _on_a_server(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    engine = _ENGINES[parts.scheme]
    if engine == "mysql":
        _load_mysql_driver()
    name = parts.path.lstrip("/")
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": os.environ.get("DATABASE_NAME") or name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": str(parts.port or ""),
        "OPTIONS": {"charset": "utf8mb4"} if engine == "mysql" else {},
        "TEST": {"NAME": f"test_{name}_dcr{_suffix()}"},
    }


def _load_mysql_driver() -> None:
    try:
        import MySQLdb  # noqa: F401
    except ImportError:
        import pymysql

        pymysql.install_as_MySQLdb()


def _sqlite() -> dict[str, Any]:
    # A file: the shared in-memory database answers "table is locked" at once, whatever its timeout.
    path = Path(tempfile.gettempdir()) / f"dcr-tests{_suffix()}.sqlite3"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE_NAME") or str(path),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;", "timeout": 20},
        "TEST": {"NAME": str(path)},
    }


def _suffix() -> str:
    return os.environ.get("TEST_SUFFIX", "")
