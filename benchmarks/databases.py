"""Empty databases for each contender, made anew and dropped afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .contenders import Contender

_CLIENTS = {
    "postgresql": ("psql", "-h", "127.0.0.1", "-U", "root", "-q", "-d", "postgres", "-c"),
    "mysql": ("mariadb", "-h", "127.0.0.1", "-u", "root", "-e"),
}


@contextmanager
def fresh_database(contender: Contender) -> Iterator[None]:
    """A migrated database of the contender's name: PostgreSQL's, or another vendor's by `BENCH_VENDOR`."""
    vendor, name = contender.env.get("BENCH_VENDOR", "postgresql"), contender.env["BENCH_DATABASE"]
    _drop(vendor, name)
    _create(vendor, name)
    contender.run("-m", "django", "migrate", "-v0")
    try:
        yield
    finally:
        _drop(vendor, name)


def _create(vendor: str, name: str) -> None:
    if vendor == "postgresql":
        _execute(vendor, f'CREATE DATABASE "{name}" TEMPLATE template0')
    elif vendor == "mysql":
        _execute(vendor, f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")


def _drop(vendor: str, name: str) -> None:
    if vendor == "postgresql":
        _execute(vendor, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    elif vendor == "mysql":
        _execute(vendor, f"DROP DATABASE IF EXISTS `{name}`")
    else:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{name}{suffix}").unlink(missing_ok=True)


def _execute(vendor: str, statement: str) -> None:
    ended = subprocess.run([*_CLIENTS[vendor], statement], capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(f"{statement}\n{ended.stderr}")
