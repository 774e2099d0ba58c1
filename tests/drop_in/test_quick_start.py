"""The quick start that the 2.x package documents works, followed step by step in a new project."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.drop_in.projects import PROJECT_ID, Project, new
from tests.isolation import new_queue

pytestmark = pytest.mark.any_database

SETTINGS = """
INSTALLED_APPS += ("django_celery_results",)
CELERY_RESULT_BACKEND = "django-db"
CELERY_BROKER_URL = {broker!r}
CELERY_TASK_DEFAULT_QUEUE = {queue!r}
CELERY_CONTROL_EXCHANGE = CELERY_EVENT_EXCHANGE = {project_id!r}
CELERY_BROKER_TRANSPORT_OPTIONS = {{"global_keyprefix": {project_id!r}}}
import json
DATABASES = {{"default": json.loads({database!r})}}
if "mysql" in DATABASES["default"]["ENGINE"]:
    import pymysql
    pymysql.install_as_MySQLdb()
"""
CELERY = """
import os
from celery import Celery
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
app = Celery("proj")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["proj"])
"""
TASKS = """
from celery import shared_task

@shared_task
def add(x, y):
    return x + y
"""
RUN = """
import json
from proj.tasks import add
from django_celery_results.models import TaskResult
sent = add.delay(2, 3)
value = sent.get(timeout=120)
row = TaskResult.objects.get(task_id=sent.id)
print(json.dumps([value, row.status, row.result, row.task_name]))
"""


def test_quick_start_of_2_x_works(project: Project, redis: str, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    ours = new()
    site = replace(project, folder=folder, env={"DJANGO_SETTINGS_MODULE": "proj.settings"})
    site.run(ours, "-m", "django", "startproject", "proj", ".", "--settings", "django.conf.global_settings")
    values = {"broker": redis, "queue": new_queue(), "database": json.dumps(project.database), "project_id": PROJECT_ID}
    with (folder / "proj" / "settings.py").open("a") as settings:
        settings.write(SETTINGS.format(**values))
    (folder / "proj" / "celery.py").write_text(CELERY)
    (folder / "proj" / "tasks.py").write_text(TASKS)
    (folder / "proj" / "__init__.py").write_text("from .celery import app as celery_app\n\n__all__ = ('celery_app',)\n")
    site.run(ours, "manage.py", "check", "--fail-level", "WARNING")
    site.run(ours, "manage.py", "migrate", "django_celery_results", "-v", "0")
    (folder / "run.py").write_text(f"import django; django.setup()\n{RUN}")
    with site.worker(ours, app="proj"):
        assert site.json(ours, "run.py") == [5, "SUCCESS", "5", "proj.tasks.add"]
