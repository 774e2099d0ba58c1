"""What a retry would send, as it may be shown."""

from __future__ import annotations

from typing import Any

from django_celery_results.message_codec import Message
from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action, policy, redact_arguments
from django_celery_results.policy.viewer import Viewer

from .outcome import Preview
from .plain import plain
from .publishing import destination


def preview(viewer: Viewer, task: TaskResult, message: Message, *, keeps_id: bool = False) -> Preview:
    """Payloads only for who may see them, and never the secrets in them; what is sent is not touched by that."""
    queue, exchange, routing_key = destination(message.options)
    shown, is_redacted = _shown(viewer, task, message)
    return Preview(
        task_name=message.task_name,
        keeps_id=keeps_id,
        args=shown[0],
        kwargs=shown[1],
        headers=shown[2],
        queue=queue,
        exchange=exchange,
        routing_key=routing_key,
        priority=(message.options.get("delivery") or {}).get("priority"),
        serializer=message.serializer,
        compression=message.options.get("compression"),
        eta=message.options.get("eta"),
        expires=_text(message.options.get("expires")),
        is_redacted=is_redacted,
    )


def _shown(viewer: Viewer, task: TaskResult, message: Message) -> tuple[list[Any], bool]:
    """The positional arguments, the named ones and the headers, and whether anything was hidden."""
    if not policy().may(viewer, Action.VIEW_PAYLOAD, task):
        return [None] * 3, True
    named = (message.kwargs, message.options.get("headers") or {})
    redacted = [
        redact_arguments(plain(message.args), task_name=message.task_name),
        *(policy().redact(plain(value), task_name=task.task_name) for value in named),
    ]
    return [value for value, _ in redacted], any(hidden for _, hidden in redacted)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
