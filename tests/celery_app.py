"""The Celery app of the test suite; workers started by tests load it by `-A tests.celery_app`."""

import json
import os
import uuid

import django
from celery import Celery
from django.apps import apps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

# Whoever hears of a revoked task stores that: suites that run side by side must not hear of each other's.
RUN = "-".join(["dcr", os.environ.get("DATABASE_URL", "").partition(":")[0], os.environ.get("TEST_SUFFIX", "")])

NOWHERE = f"dcr-unread-{uuid.uuid4().hex[:12]}"
"""A queue that no worker reads, of this process alone: tests count what is in it."""

app = Celery("tests")
app.conf.update(
    control_exchange=RUN,
    event_exchange=f"{RUN}-events",
    broker_url=os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/15"),
    broker_connection_retry_on_startup=True,
    result_backend="django-db",
    result_extended=True,
    task_track_started=True,
    task_default_queue=os.environ.get("TEST_QUEUE", "dcr-tests"),
    worker_hijack_root_logger=False,
)
# A worker that a test starts is given the configuration that the test wants by the environment.
app.conf.update(json.loads(os.environ.get("TEST_CELERY", "{}")))
app.set_default()

if not apps.ready:
    django.setup()

import tests.chords.tasks  # noqa: E402
import tests.tasks  # noqa: E402, F401 - tasks are registered once the apps are loaded
