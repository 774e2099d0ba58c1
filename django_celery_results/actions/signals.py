"""What a project may listen to: a task was sent again, or stopped.

Sent once the outcome is committed. What a receiver raises is logged and changes nothing.
"""

from __future__ import annotations

from django.dispatch import Signal

from django_celery_results.models import Operation
from django_celery_results.policy.viewer import Viewer

task_retried = Signal()
"""Arguments: `viewer`, `operation`, `task_id`, `new_task_id`.

`viewer` is None where another process carried on what was interrupted; `operation` says who asked.
"""
task_revoked = Signal()
"""Arguments: `viewer`, `operation`, `task_id`."""


def tell_retried(viewer: Viewer | None, operation: Operation) -> None:
    task_retried.send_robust(
        Operation, viewer=viewer, operation=operation, task_id=operation.task_id, new_task_id=operation.new_task_id
    )


def tell_revoked(viewer: Viewer, operation: Operation) -> None:
    task_revoked.send_robust(Operation, viewer=viewer, operation=operation, task_id=operation.task_id)
