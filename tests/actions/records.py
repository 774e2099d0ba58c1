"""Failed tasks with a record, made without a worker, for tests of what happens before anything is sent."""

from typing import Any

from celery import states

from django_celery_results.message_codec import Message, encode
from django_celery_results.models import TaskResult
from tests.celery_app import app
from tests.tasks import fail_first

QUEUE = "dcr-tests-nobody-reads"


def failed_task(task_id: str = "failed", *args: Any, status: str = states.FAILURE, **changes: Any) -> TaskResult:
    """A row and its record, as a worker would have left them; `changes` are fields of the message."""
    fields: dict[str, Any] = {
        "task_name": fail_first.name,
        "serializer": "json",
        "args": list(args),
        "kwargs": {},
        "options": {"delivery": {"exchange": "", "routing_key": QUEUE}},
    }
    message = Message(**(fields | changes))
    encode(app, task_id, message).save(force_insert=True)
    return TaskResult.objects.create(task_id=task_id, task_name=message.task_name, status=status, queue=QUEUE)
