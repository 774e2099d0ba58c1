"""The databases that tests run on, each from one URL."""

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_ENGINES = {"postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


def database(url: str | None = None) -> dict[str, Any]:
    """Django's settings for a database URL; None reads `DATABASE_URL`, and without that SQLite in a file is used."""
    url = url or os.environ.get("DATABASE_URL") or "sqlite"
    if url.startswith("sqlite"):
        return _sqlite()
    parts = urlsplit(url)
    engine = _ENGINES[parts.scheme]
    if engine == "mysql":
        import pymysql

        pymysql.install_as_MySQLdb()
    options = {"charset": "utf8mb4"} if engine == "mysql" else {}
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def _sqlite() -> dict[str, Any]:
    # A file: the shared in-memory database answers "table is locked" at once, whatever its timeout.
    path = Path(tempfile.gettempdir()) / f"dcr-tests-{os.getpid()}.sqlite3"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;", "timeout": 20},
        "TEST": {"NAME": str(path)},
    }
