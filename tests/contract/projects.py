"""Runs an example of a project, with a user and a row."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from demo.client import Client

from tests.workshop.programs import ROOT, run, started

PREPARE = """
import django; django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from django_celery_results.models import TaskResult
call_command("migrate", verbosity=0)
User.objects.create_superuser("admin", password="choose-one")
TaskResult.objects.create(task_id="charge-1", task_name="shop.charge")
"""


@contextmanager
def running(example: str, folder: Path) -> Iterator[str]:
    """The address of the project's own server."""
    shutil.copytree(ROOT / "examples" / example, folder, ignore=shutil.ignore_patterns("*.sqlite3*", "__pycache__"))
    done = run("python", "-c", PREPARE, cwd=folder, DJANGO_SETTINGS_MODULE="settings")
    assert done.returncode == 0, done.stderr
    with started("python", "manage.py", "runserver", "--noreload", "0", cwd=folder) as web:
        yield web.until(r"Starting development server at (\S+)")[1]


def ask(client: Client, query: str) -> Any:
    """By GET, which needs no token against cross-site requests."""
    return json.loads(client.get(f"graphql/?{urlencode({'query': query})}"))["data"]
