"""The smallest project: started as it says, and queried."""

import shutil
from pathlib import Path

import pytest
from demo.client import Client, eventually

from tests.programs import ROOT, run, started

pytestmark = pytest.mark.once

FAILED = "{ taskResults(first: 1) { nodes { taskName state } } }"
LAST = {"taskName": "minimal.divide", "state": "FAILURE"}


def test_the_minimal_project_stores_and_answers(tmp_path: Path, embedded_broker: str) -> None:
    folder = tmp_path / "minimal"
    shutil.copytree(ROOT / "examples" / "minimal", folder, ignore=shutil.ignore_patterns("*.sqlite3*", "__pycache__"))
    settings = {"BROKER_URL": embedded_broker, "DJANGO_SUPERUSER_PASSWORD": "choose-one"}

    def manage(*command: str) -> None:
        done = run("python", "minimal.py", *command, cwd=folder, **settings)
        assert done.returncode == 0, done.stderr

    manage("migrate")
    manage("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
    with (
        started("celery", "-A", "minimal", "worker", "--loglevel", "INFO", cwd=folder, **settings) as worker,
        started("python", "minimal.py", "runserver", "--noreload", "0", cwd=folder, **settings) as web,
    ):
        worker.until(r" ready\.")
        client = Client(web.until(r"Starting development server at (\S+)")[1])
        client.login("admin", "choose-one")
        manage("shell", "-c", "from __main__ import divide; divide.delay(1, 0)")
        eventually("a failed task", lambda: client.run(FAILED)["taskResults"]["nodes"] == [LAST])
