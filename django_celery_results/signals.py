"""Which of Celery's signals the store listens to."""

from __future__ import annotations

from celery import signals

from . import connections, message, queued, recovery
from .backends import background, chord_sweeps, started


def connect() -> None:
    """Called once the apps are loaded; calling it again changes nothing."""
    connections.connect()
    started.connect()
    signals.worker_shutdown.connect(background.drain, dispatch_uid="django_celery_results.background")
    signals.before_task_publish.connect(message.mark, dispatch_uid="django_celery_results.mark")
    signals.before_task_publish.connect(message.carry_generation, dispatch_uid="django_celery_results.generation")
    signals.before_task_publish.connect(queued.before_publish, dispatch_uid="django_celery_results.leaving")
    signals.after_task_publish.connect(queued.on_publish, dispatch_uid="django_celery_results.queued")
    signals.task_received.connect(message.note_serializer, dispatch_uid="django_celery_results.note_serializer")
    signals.worker_ready.connect(recovery.start, dispatch_uid="django_celery_results.recovery")
    signals.worker_shutdown.connect(recovery.stop, dispatch_uid="django_celery_results.recovery")
    chord_sweeps.connect()
