"""Run one of the projects in examples/, with a superuser and one task."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from demo.client import Client

from tests.programs import ROOT, run, started

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
def running_project(example: str, folder: Path) -> Iterator[str]:
    """Start the server of a copy of the project, in `folder`. Yield its URL."""
    shutil.copytree(ROOT / "examples" / example, folder, ignore=shutil.ignore_patterns("*.sqlite3*", "__pycache__"))
    done = run("python", "-c", PREPARE, cwd=folder, DJANGO_SETTINGS_MODULE="settings")
    assert done.returncode == 0, done.stderr
    with started("python", "manage.py", "runserver", "--noreload", "0", cwd=folder) as web:
        yield web.until(r"Starting development server at (\S+)")[1]


def run_query(client: Client, query: str) -> Any:
    """Return the data of a query, sent by GET, which needs no CSRF token."""
    return json.loads(client.get(f"graphql/?{urlencode({'query': query})}"))["data"]
