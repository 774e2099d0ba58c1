"""The project's Celery app: messages carry their tenant, and each task runs for the one that sent it."""

import os
import time
from contextlib import suppress

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
app = Celery("tenants")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()

from django.db import DatabaseError, connection, transaction  # noqa: E402


@signals.before_task_publish.connect
def tell_tenant(headers=None, **_):
    headers["tenant"] = connection.schema_name


@signals.task_prerun.connect
def choose_tenant(task=None, **_):
    connection.set_schema(task.request.headers["tenant"])


@signals.task_postrun.connect
def leave_tenant(**_):
    connection.set_schema("public")


@app.task
def quick(value):
    return value


@app.task(bind=True)
def until_started(self):
    """Run until the tenant's own table says that this task has started."""
    from django_celery_results.models import TaskResult

    deadline = time.monotonic() + 60
    while not TaskResult.objects.filter(task_id=self.request.id, status="STARTED").exists():
        assert time.monotonic() < deadline, "nobody stored that the task has started"
        time.sleep(0.02)


@app.task(bind=True)
def reports_in_block(self):
    with transaction.atomic():
        self.update_state(state="PROGRESS", meta={"half": True})
        return self.AsyncResult(self.request.id).state


@app.task
def leaves_open():
    """End within a transaction that a failed statement has broken."""
    transaction.atomic().__enter__()
    with suppress(DatabaseError):
        connection.cursor().execute("SELECT * FROM no_such_table")


@app.task
def total(values):
    return sum(values)
