"""The Celery app and its one task. Start a worker: `celery -A tasks worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

app = Celery("minimal", broker=os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/0"), backend="django-db")
app.conf.result_extended = True  # keep names and arguments, and what a retry of a failed task needs


@app.task
def divide(a: int, b: int) -> float:
    return a / b
