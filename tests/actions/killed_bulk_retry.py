"""Bulk retry in a process of its own, which kills itself after so many messages.

Run as `python -m tests.actions.killed_bulk_retry KEY MESSAGES`.
"""

import os
import signal
import sys
from typing import Any

import tests.celery_app  # noqa: F401 - sets Django up
from django_celery_results.actions import sending
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_retry
from django_celery_results.actions.outcome import BulkOutcome
from django_celery_results.actions.retry import Wish
from django_celery_results.actions.selection import Selection
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.operators import StringFilter


def retry_failed_tasks(key: str) -> BulkOutcome:
    """Retry every failed task under this idempotency key."""
    failed = Selection(filter=TaskResultFilter(status=StringFilter(eq="FAILURE")))
    return bulk_retry(SYSTEM, failed, Wish(), BulkOptions(idempotency_key=key))


def kill_process_after(messages: int) -> None:
    """End this process by SIGKILL where it would publish one message more than these."""
    publish, left = sending.publish, iter(range(messages))

    def publish_or_die(*args: Any) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        publish(*args)

    sending.publish = publish_or_die


if __name__ == "__main__":
    kill_process_after(int(sys.argv[2]))
    retry_failed_tasks(sys.argv[1])
