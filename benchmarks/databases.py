"""Empty databases for each contender, made anew and dropped afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from .contenders import Contender


@contextmanager
def fresh_database(contender: Contender) -> Iterator[None]:
    """A migrated PostgreSQL database of the contender's name."""
    name = contender.env["BENCH_DATABASE"]
    _postgresql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE template0')
    contender.run("-m", "django", "migrate", "-v0")
    try:
        yield
    finally:
        _postgresql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _postgresql(*statements: str) -> None:
    for statement in statements:
        command = ["psql", "-h", "127.0.0.1", "-U", "root", "-q", "-c", statement, "postgres"]
        ended = subprocess.run(command, capture_output=True, text=True)
        if ended.returncode:
            raise RuntimeError(f"{statement}\n{ended.stderr}")
