"""The tasks that a message names besides its own: in signatures among its arguments, and in what follows it.

Whoever runs the message again runs these too, so the policy is asked for each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from celery import Celery

from django_celery_results.message_codec import Message
from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action, policy
from django_celery_results.policy.viewer import Viewer

from .celery_app import is_built_in
from .outcome import ErrorCode, refuse

_CANVAS = frozenset(f"celery.{name}" for name in ("chain", "group", "chord", "map", "starmap", "chunks"))
"""These run nothing but what their arguments name."""
_PARTS_OF_SIGNATURE = frozenset({"options", "subtask_type", "immutable"})


def check_embedded(app: Celery, viewer: Viewer, message: Message) -> None:
    """Refuse a message that would also run a task which this viewer may not run again."""
    for name, queue in set(_embedded(app, message)):
        if not policy().may(viewer, Action.RETRY, TaskResult(task_name=name, queue=queue)):
            refuse(
                ErrorCode.TASK_NOT_ALLOWED,
                f"It would also run {name[:80]}, which your project's policy does not allow.",
            )


def values_within(value: Any) -> Iterator[Any]:
    """Yield the value and all that it contains, at any depth, each container once."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, Mapping | list | tuple | set | frozenset) and id(each) not in seen:
            seen.add(id(each))
            waiting.extend(each.values() if isinstance(each, Mapping) else each)


def _embedded(app: Celery, message: Message) -> Iterator[tuple[str, str | None]]:
    """Yield name and queue of each task that is named."""
    arguments = [list(message.args), message.kwargs]
    task = app.tasks.get(message.task_name)
    runs_names = task is not None and is_built_in(task)  # `celery.starmap` takes a signature or a name
    for value in values_within([arguments, dict(message.embedded)]):
        if isinstance(value, Mapping) and _is_signature(app, value) and value["task"] not in _CANVAS:
            options = value.get("options")
            queue = options.get("queue") if isinstance(options, Mapping) else None
            yield value["task"], queue if isinstance(queue, str) else None
    if runs_names:
        yield from ((each, None) for each in values_within(arguments) if isinstance(each, str) and each in app.tasks)


def _is_signature(app: Celery, value: Mapping[Any, Any]) -> bool:
    """Whether Celery would make a task of it: a project's own mapping may have a key `task` as well."""
    name = value.get("task")
    return isinstance(name, str) and (name in app.tasks or not _PARTS_OF_SIGNATURE.isdisjoint(value))
