"""Which of Celery's signals the store listens to; `actions.healing` listens for interrupted orders."""

from __future__ import annotations

from celery import signals

from . import connections, message, queued
from .backends import background, chord_sweeps


def connect() -> None:
    """Called once the apps are loaded; calling it again changes nothing."""
    connections.connect()
    signals.worker_shutdown.connect(background.drain, dispatch_uid="django_celery_results.background")
    signals.before_task_publish.connect(message.mark, dispatch_uid="django_celery_results.mark")
    signals.before_task_publish.connect(queued.before_publish, dispatch_uid="django_celery_results.leaving")
    signals.after_task_publish.connect(queued.on_publish, dispatch_uid="django_celery_results.queued")
    signals.task_received.connect(message.note_serializer, dispatch_uid="django_celery_results.note_serializer")
    signals.worker_ready.connect(chord_sweeps.sweep_at_start, dispatch_uid="django_celery_results.sweep_chords")
