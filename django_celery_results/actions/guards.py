"""What every action checks before it does anything: who asks, about which task, and whether now is a good time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import router, transaction
from django.db.models import QuerySet

from django_celery_results.exceptions import Forbidden, QueryError, Unauthenticated
from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action, narrows, policy
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import lookups
from django_celery_results.query.tasks import TaskRef, visible
from django_celery_results.registered_tasks import known_app

from .celery_app import configured_queues
from .outcome import ErrorCode, Refusal, refuse


def database() -> str:
    """Alias of the database that results are written to."""
    return router.db_for_write(TaskResult)


def visible_task(viewer: Viewer, ref: TaskRef) -> TaskResult:
    """The task as the writing database has it; a task that the viewer may not see is not found."""
    try:
        found = visible_rows(viewer).filter(ref.condition()).first()
    except QueryError as error:
        refuse(ErrorCode.INVALID_INPUT, error.message, path=("task",))
    if found is None:
        refuse(ErrorCode.NOT_FOUND, "There is no such task, or you may not see it.", path=("task",))
    return found


def visible_rows(viewer: Viewer) -> QuerySet[TaskResult]:
    """The rows that the viewer may see, as the writing database has them; refuses who may see none."""
    try:
        return visible(viewer).using(database())
    except Forbidden as error:
        refuse(ErrorCode.FORBIDDEN, error.message, permission=error.permission)
    except Unauthenticated as error:
        refuse(ErrorCode.FORBIDDEN, error.message)


def may_name_any(viewer: Viewer, task_id: str) -> bool:
    """Whether the viewer may act on an id that has no row: not where the project narrows which rows they see."""
    if not task_id.isprintable() or len(task_id) > (TaskResult._meta.get_field("task_id").max_length or 0):
        return False  # no row could ever hold it, and workers would write it into their logs
    if narrows(viewer) or not policy().may(viewer, Action.VIEW):
        return False
    return not TaskResult._default_manager.using(database()).filter(task_id=task_id).exists()


def check_queue(viewer: Viewer, queue: str | None) -> None:
    """Refuse a queue that the app does not configure and in which the viewer sees no task.

    On Redis any other name is a key of anybody's. Where the viewer does not see all tasks, a configured queue may be
    another tenant's: then only those count in which they see a task. The system may name any.
    """
    if queue is None or viewer.is_system:
        return
    seen = visible_rows(viewer)
    sees_all = not seen.query.where and not seen.query.combinator
    if sees_all and queue in configured_queues(known_app()):
        return
    if seen.filter(lookups.equal("queue", queue)).exists():
        return
    unknown = "and the Celery app configures none of this name" if sees_all else "so you may send none to it"
    refuse(
        ErrorCode.INVALID_INPUT,
        f"You see no task in the queue {queue[:80]!r}, {unknown}: name another, or leave it out.",
        path=("overrides", "queue"),
    )


def require(viewer: Viewer, action: Action, task: TaskResult | None = None) -> None:
    """Refuse unless the viewer may do this to this task."""
    if refusal := missing(viewer, action, task):
        refuse(refusal.code, refusal.message, permission=refusal.permission)


def missing(viewer: Viewer, action: Action, task: TaskResult | None = None) -> Refusal | None:
    """Why the policy forbids this: a permission that lacks, or this task in particular."""
    if policy().may(viewer, action, task):
        return None
    if task is None or not policy().may(viewer, action):
        return _without_permission(action)
    return Refusal(code=ErrorCode.TASK_NOT_ALLOWED, message="Your project's policy does not allow this for this task.")


def missing_override(viewer: Viewer, overrides: Mapping[str, Any], task: TaskResult | None = None) -> Refusal | None:
    """Why the policy forbids these changes of a retry: the permission that lacks, or these changes of this task."""
    if not overrides or policy().may_override(viewer, overrides, task):
        return None
    if not policy().may(viewer, Action.OVERRIDE):
        return _without_permission(Action.OVERRIDE)
    return Refusal(
        code=ErrorCode.TASK_NOT_ALLOWED,
        message=f"Your project's policy does not allow you to override {', '.join(overrides)} here: leave it as it is.",
    )


def outside_transaction() -> None:
    """Refuse where a rollback of the caller could undo the record of a message that is already out."""
    if is_in_transaction():
        refuse(
            ErrorCode.IN_TRANSACTION,
            "Actions do not run inside an open transaction: call this outside of atomic() and ATOMIC_REQUESTS, "
            "or from transaction.on_commit().",
        )


def is_in_transaction() -> bool:
    """Whether a transaction is open on the database of results.

    As `atomic(durable=True)` judges it: the transaction that a TestCase wraps around its tests does not count.
    """
    connection = transaction.get_connection(database())
    blocks = connection.atomic_blocks
    return not blocks[-1]._from_testcase if blocks else not connection.get_autocommit()


def _without_permission(action: Action) -> Refusal:
    return Refusal(
        code=ErrorCode.FORBIDDEN,
        message=f"This needs the permission {action.permission}.",
        permission=action.permission,
    )
