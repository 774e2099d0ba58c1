"""A process that is killed in the middle of a bulk retry: the rest is sent under the ids that it had claimed."""

import os
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from celery import states

from django_celery_results.actions import interrupted
from django_celery_results.models import Operation, OperationState, TaskResult
from tests.actions.interruptions import expire_leases
from tests.actions.killed_bulk_retry import retry_failed_tasks
from tests.celery_app import app
from tests.factories import create_failed_task
from tests.isolation import new_queue
from tests.workers import child_environment, publishing_to

pytestmark = pytest.mark.django_db(transaction=True)


def test_interrupted_bulk_retry_publishes_the_rest_after_the_lease(redis: str, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"OPERATION_LEASE": 3_600}  # no lease ends by itself, however busy the machine is
    queue = new_queue()
    for number in range(16):
        create_failed_task(f"failed-{number}", options={"delivery": {"exchange": "", "routing_key": queue}})

    with publishing_to(redis):
        command = [sys.executable, "-m", "tests.actions.killed_bulk_retry", "k", "13"]
        environment = child_environment(redis, results=settings.DJANGO_CELERY_RESULTS)
        killed = subprocess.run(command, env={**os.environ, **environment}, check=False)
        assert killed.returncode == -signal.SIGKILL
        claimed = Operation.objects.filter(action="retry", state=OperationState.CLAIMED)
        assert claimed.count() == 6  # ten were marked; three are out, but not marked

        expire_leases(action="bulk_retry")
        outcome = retry_failed_tasks("k")
        assert (outcome.done_count, outcome.remaining_count) == (16, 0)
        assert len(take_messages(queue, put_back=True)) == 13  # the claims still belong to the process that died

        expire_leases(action="retry")
        assert interrupted.heal(app) == 6
        sent = Counter(take_messages(queue))

    assert set(sent) == set(TaskResult.objects.filter(status=states.PENDING).values_list("task_id", flat=True))
    assert (len(sent), sent.total()) == (16, 19)
    assert not claimed.exists()


def take_messages(queue: str, *, put_back: bool = False) -> list[str]:
    """Take all messages out of a queue; return the ids of their tasks."""
    with app.connection_for_read() as connection, connection.channel() as channel:
        task_ids = []
        while message := channel.basic_get(queue, no_ack=not put_back):
            task_ids.append(str(message.headers["id"]))
        if put_back:
            channel.qos.restore_unacked_once()
        return task_ids
