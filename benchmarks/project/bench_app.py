"""The Celery app of a contender: its backend comes from the environment, its tasks do as little as they can."""

import os
import time

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench_settings")

app = Celery("bench")
app.conf.update(
    broker_url=os.environ.get("BENCH_BROKER", "redis://127.0.0.1:6379/13"),
    broker_connection_retry_on_startup=True,
    result_backend=os.environ.get("BENCH_BACKEND", "django-db"),
    result_extended=True,
    task_track_started=True,
    task_default_queue=os.environ.get("BENCH_QUEUE", "bench"),
    worker_hijack_root_logger=False,
)


@app.task
def noop(*args: object) -> None:
    """Nothing."""


@app.task
def queries(*args: object) -> None:
    """Ten, as the task of a project asks them."""
    from django.contrib.contenttypes.models import ContentType

    for number in range(10):
        ContentType.objects.filter(pk=number).first()


@app.task
def one() -> int:
    return 1


@app.task
def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@app.task
def count(values: list[object]) -> int:
    return len(values)
