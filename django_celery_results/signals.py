"""Which signals of Celery this package listens to."""

from __future__ import annotations

from celery import signals

from . import connections, message, queued


def connect() -> None:
    """Called once the apps are loaded; calling it again changes nothing."""
    connections.connect()
    signals.before_task_publish.connect(message.mark, dispatch_uid="django_celery_results.mark")
    signals.before_task_publish.connect(queued.before_publish, dispatch_uid="django_celery_results.leaving")
    signals.task_received.connect(message.note_serializer, dispatch_uid="django_celery_results.note_serializer")
    signals.after_task_publish.connect(queued.on_publish, dispatch_uid="django_celery_results.queued")
