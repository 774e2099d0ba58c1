"""Telling workers to stop tasks, and closing the rows of those that no worker will ever run now."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from celery import Celery
from celery.exceptions import TaskRevokedError

from django_celery_results.backends.database import DatabaseBackend
from django_celery_results.conf import settings
from django_celery_results.models import TaskResult
from django_celery_results.states import TaskState
from django_celery_results.utils import now

from . import control, guards
from .celery_app import celery_app
from .outcome import ErrorCode, Refusal, WorkerReply, refuse
from .revoke_checks import Wish


def tell(app: Celery, wish: Wish, tasks: Sequence[TaskResult]) -> tuple[WorkerReply, ...]:
    """Tell all workers of all tasks at once; what they said. What every worker will discard becomes REVOKED."""
    revocation = control.Revocation(
        task_ids=tuple(task.task_id for task in tasks), terminate=wish.terminate, signal=wish.signal
    )
    expected = {task.worker for task in tasks if task.worker}
    replies = control.revoke(app, revocation, expected=expected, wait=wish.wait)
    if replies and all(reply.acknowledged for reply in replies):
        running = _running_unseen(app, wish, tasks, [reply.worker for reply in replies])
        _close_waiting(app, [task.task_id for task in tasks if task.task_id not in running])
    return replies


def unheard(replies: tuple[WorkerReply, ...]) -> Refusal | None:
    """Why nothing came of it, where no worker acknowledged."""
    if any(reply.acknowledged for reply in replies):
        return None
    if any(reply.message for reply in replies):
        return Refusal(
            code=ErrorCode.CONTROL_UNSUPPORTED,
            message="The workers cannot do this; what each of them said stands in `workers`.",
        )
    return Refusal(
        code=ErrorCode.WORKERS_UNREACHABLE,
        message="No worker answered in time. One that is busy may still heed it: look at the task again, "
        "or send the request once more with a longer wait.",
    )


def controlled_app() -> Celery:
    """The Celery app; refuses where its broker carries no remote control."""
    app = celery_app()
    if not control.is_supported(app):
        refuse(
            ErrorCode.CONTROL_UNSUPPORTED,
            "This broker carries no remote control, so no worker can be told. Redis and RabbitMQ do.",
        )
    return app


def _running_unseen(app: Celery, wish: Wish, tasks: Sequence[TaskResult], workers: Sequence[str]) -> Collection[str]:
    """Those that run though their rows say PENDING, since nobody stores that they started: only workers know."""
    pending = (task for task in tasks if task.pk and task.status == TaskState.PENDING)
    unseen = [task.task_id for task in pending if not _tells_start(app, task.task_name)]
    return control.running(app, unseen, workers=workers, wait=wish.wait) if unseen else ()


def _tells_start(app: Celery, task_name: str | None) -> bool:
    return bool(getattr(app.tasks.get(task_name or ""), "track_started", app.conf.task_track_started))


def _close_waiting(app: Celery, task_ids: Sequence[str]) -> None:
    """Every worker heeds it, so none will run what still waits, and none will ever write that."""
    waiting = TaskResult._default_manager.using(guards.database()).filter(
        task_id__in=task_ids, status=TaskState.PENDING
    )
    backend = DatabaseBackend(app=app)
    revoked = TaskRevokedError("revoked")
    if backend.stores_by_statement and not settings().notify:
        known = backend.change("", revoked, TaskState.REVOKED.value, None, None).known
        waiting.update(status=TaskState.REVOKED, date_done=now(), **known)
        return
    for task_id in list(waiting.values_list("task_id", flat=True)):  # somebody is told of every one
        backend.store_result(task_id, revoked, TaskState.REVOKED.value)
