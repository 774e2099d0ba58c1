"""Retries whose process dies between claim and publish, and the end of the leases that it held."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from django_celery_results.actions import sending
from django_celery_results.actions.retry import retry
from django_celery_results.models import Operation, OperationState, TaskResult
from django_celery_results.policy.viewer import Viewer
from tests.factories import task_ref


class Killed(BaseException):
    """Raised where the process dies."""


def interrupt_retry(viewer: Viewer, task: TaskResult, **options: Any) -> Operation:
    """Retry a task as a process that dies before it publishes; return the claim that it leaves."""
    with mock.patch.object(sending, "publish", side_effect=Killed), pytest.raises(Killed):
        retry(viewer, task_ref(task), **options)
    return Operation.objects.get(task_id=task.task_id, state=OperationState.CLAIMED)


@contextmanager
def clock_ahead(seconds: float) -> Iterator[None]:
    """Let the clock of this machine go ahead of the database's, or behind it where the number is negative."""
    real_now = timezone.now

    def now() -> datetime:
        return real_now() + timedelta(seconds=seconds)

    with mock.patch.object(timezone, "now", now):
        yield


def expire_leases(**condition: Any) -> None:
    """Let the leases of all operations, or of those that match, be over, as after `OPERATION_LEASE` seconds."""
    leased = Operation.objects.filter(lease_until__isnull=False, **condition)
    leased.update(lease_until=timezone.now() - timedelta(seconds=1))
