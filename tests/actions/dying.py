"""A process of its own that retries every failed task, and is killed by SIGKILL while it sends them."""

import os
import signal
import sys
from typing import Any

import tests.celery_app  # noqa: F401 - sets Django up
from django_celery_results.actions import sending
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_retry
from django_celery_results.actions.retry import Wish
from django_celery_results.actions.selection import Selection
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.operators import StringFilter

FAILED = Selection(filter=TaskResultFilter(status=StringFilter(eq="FAILURE")))


def act(key: str) -> Any:
    return bulk_retry(SYSTEM, FAILED, Wish(), BulkOptions(idempotency_key=key))


if __name__ == "__main__":
    key, messages = sys.argv[1], int(sys.argv[2])
    publish, left = sending.publish, iter(range(messages))

    def dying(*args: Any) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        publish(*args)

    sending.publish = dying
    act(key)
