"""The Celery app of the test suite; workers started by tests load it by `-A tests.celery_app`."""

import json
import os
from typing import Any

import django
from celery import Celery
from celery.worker import control
from celery.worker import state as worker_state
from celery.worker.control import control_command, inspect_command
from django.apps import apps

from tests.isolation import RUN_ID, new_queue, transport_options

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

NOWHERE = new_queue()
"""A queue that no worker reads and that only this process publishes to: tests count its messages."""

EXCHANGE = os.environ.get("TEST_EXCHANGE", RUN_ID)
"""The exchange of broadcasts: each worker that receives a revoke stores it, so that others must not receive it."""

BROKER = os.environ.get("BROKER_URL", "memory://")
"""Tests publish to kombu's queues in memory; the fixtures of workers name a real broker."""

app = Celery("tests")
app.conf.update(
    control_exchange=EXCHANGE,
    event_exchange=f"{EXCHANGE}-events",
    broker_url=BROKER,
    broker_transport_options=transport_options(BROKER),
    broker_connection_retry_on_startup=True,
    result_backend="django-db",
    result_extended=True,
    task_track_started=True,
    task_default_queue=os.environ.get("TEST_QUEUE", NOWHERE),
    worker_hijack_root_logger=False,
)
# A test configures the worker that it starts by the environment.
app.conf.update(json.loads(os.environ.get("TEST_CELERY", "{}")))
app.set_default()


@inspect_command()
def held_tasks(state: Any) -> list[str]:
    """Return the ids of all tasks that the worker runs, has reserved, or has scheduled and not revoked."""
    later = [each["request"] for each in control.scheduled(state)]
    later = [task for task in later if task["id"] not in worker_state.revoked]
    return [task["id"] for task in (*control.active(state), *control.reserved(state), *later)]


@control_command()
def forget_revokes(state: Any) -> None:
    """Forget which ids were revoked in an earlier test."""
    worker_state.revoked.clear()


if not apps.ready:
    django.setup()

if seconds := os.environ.get("TEST_STORE_SECONDS"):
    from django_celery_results import outages

    outages.STORE_SECONDS = float(seconds)

import tests.chords.tasks  # noqa: E402
import tests.secret_tasks  # noqa: E402
import tests.tasks  # noqa: E402, F401 - tasks are registered once the apps are loaded
