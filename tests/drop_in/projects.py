"""Run one project on one new database, by the real 2.6.0 and by this package in turn."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from tests.databases import database
from tests.drop_in.old_package import old_python
from tests.isolation import RUN_ID
from tests.programs import ROOT, SECONDS, started

FOLDER = Path(__file__).parent / "project"
PROJECT_ID = f"{RUN_ID}-project"
"""In the names of keys, exchanges and nodes of the project: its workers hear no other process of the suite."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """Which of the two packages a command runs with."""

    python: str
    path: str = ""


def old() -> Package:
    return Package(python=old_python())


def new() -> Package:
    return Package(python=sys.executable, path=str(ROOT))


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project's folder, its database, and settings that a test adds."""

    database: dict[str, Any]
    folder: Path = FOLDER
    settings: dict[str, Any] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def run(self, package: Package, *command: str) -> str:
        """Run Python with these arguments and return what it prints; a failure shows all of it."""
        done = subprocess.run(
            [package.python, "-W", "ignore", *command],
            cwd=self.folder,
            env=self.environment(package),
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, package: Package, *command: str) -> Any:
        return json.loads(self.run(package, *command))

    def migrate(self, package: Package, *target: str) -> None:
        self.run(package, "manage.py", "migrate", "-v", "0", *target)

    @contextmanager
    def worker(
        self, package: Package, name: str = "worker", app: str = "celery_app", concurrency: int = 1
    ) -> Iterator[str]:
        """Start a worker, wait until it consumes, and yield its node name."""
        node = f"{name}-{PROJECT_ID}@test"
        options = (
            "-n",
            node,
            "-P",
            "prefork",
            "-c",
            str(concurrency),
            "-l",
            "INFO",
            "--without-gossip",
            "--without-mingle",
        )
        command = (package.python, "-W", "ignore", "-m", "celery", "-A", app, "worker", *options)
        with started(*command, cwd=self.folder, **self.environment(package)) as worker:
            worker.until(r" ready\.")
            yield node

    def environment(self, package: Package) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "DJANGO"))}
        return {
            **inherited,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(self.folder), package.path))),
            "DJANGO_SETTINGS_MODULE": "settings",
            "PROJECT_ID": PROJECT_ID,
            "PROJECT_DATABASE": json.dumps(self.database),
            "PROJECT_SETTINGS": json.dumps(self.settings),
            "C_FORCE_ROOT": "1",  # a test machine may be a container whose only user is root
            **self.env,
        }


@contextmanager
def new_database(folder: Path) -> Iterator[dict[str, Any]]:
    """Create an empty database on the server under test, a file for SQLite; yield Django's settings for it."""
    settings = {key: value for key, value in database().items() if key != "TEST"}
    if connection.vendor == "sqlite":
        yield {**settings, "NAME": str(folder / "project.sqlite3")}
        return
    name = f"dcr_project_{uuid.uuid4().hex[:10]}"
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield {**settings, "NAME": name}
    finally:
        with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(f"DROP DATABASE {name}" + (" WITH (FORCE)" if connection.vendor == "postgresql" else ""))
