"""examples/minimal works when it is started as its docstring says."""

import shutil
from pathlib import Path

import pytest
from demo.client import Client, eventually

from tests.programs import ROOT, run, started

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]

LATEST = "{ taskResults(first: 1) { nodes { taskName state } } }"


def test_minimal_example_stores_a_failure_and_answers_graphql(tmp_path: Path, broker: str) -> None:
    folder = tmp_path / "minimal"
    shutil.copytree(ROOT / "examples" / "minimal", folder, ignore=shutil.ignore_patterns("*.sqlite3*", "__pycache__"))
    environment = {"BROKER_URL": broker, "DJANGO_SUPERUSER_PASSWORD": "choose-one"}

    def manage(*command: str) -> None:
        done = run("python", "minimal.py", *command, cwd=folder, **environment)
        assert done.returncode == 0, done.stderr

    manage("migrate")
    manage("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
    with (
        started("celery", "-A", "minimal", "worker", "--loglevel", "INFO", cwd=folder, **environment) as worker,
        started("python", "minimal.py", "runserver", "--noreload", "0", cwd=folder, **environment) as web,
    ):
        worker.until(r" ready\.")
        client = Client(web.until(r"Starting development server at (\S+)")[1])
        client.login("admin", "choose-one")
        manage("shell", "-c", "from __main__ import divide; divide.delay(1, 0)")
        failure = {"taskName": "minimal.divide", "state": "FAILURE"}
        eventually("a failed task", lambda: client.run(LATEST)["taskResults"]["nodes"] == [failure])
