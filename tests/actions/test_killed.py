"""An operator's process that is killed in a batch: everything is sent, under the ids that were claimed."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from celery import states
from django.utils import timezone

from django_celery_results.actions import interrupted
from django_celery_results.models import Operation, OperationState, TaskResult
from tests.celery_app import app
from tests.factories import create_failed_task
from tests.isolation import new_queue
from tests.workers import child_environment, publishing_to

from .dying import act

pytestmark = pytest.mark.django_db(transaction=True)


def test_killed_in_a_batch_the_rest_is_sent_after_the_lease(redis: str) -> None:
    queue = new_queue()
    for number in range(16):
        create_failed_task(f"failed-{number}", options={"delivery": {"exchange": "", "routing_key": queue}})

    with publishing_to(redis):
        command = [sys.executable, "-m", "tests.actions.dying", "k", "13"]
        killed = subprocess.run(command, env={**os.environ, **child_environment(redis)}, check=False)
        assert killed.returncode == -signal.SIGKILL
        claimed = Operation.objects.filter(action="retry", state=OperationState.CLAIMED)
        assert claimed.count() == 6  # ten were marked; three are out, but nobody noted it

        Operation.objects.filter(action="bulk_retry").update(lease_until=timezone.now() - timedelta(seconds=1))
        outcome = act("k")
        assert (outcome.done_count, outcome.remaining_count) == (16, 0)
        assert len(messages(queue, keep=True)) == 13  # the claims are still their owner's
        claimed.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert interrupted.heal(app) == 6
        sent = Counter(messages(queue))

    assert set(sent) == set(TaskResult.objects.filter(status=states.PENDING).values_list("task_id", flat=True))
    assert (len(sent), sent.total()) == (16, 19)
    assert not claimed.exists()


def messages(queue: str, *, keep: bool = False) -> list[str]:
    """The ids of the tasks that wait in a queue."""
    with app.connection_for_read() as connection, connection.channel() as channel:
        found = []
        while message := channel.basic_get(queue, no_ack=not keep):
            found.append(str(message.headers["id"]))
        if keep:
            channel.qos.restore_unacked_once()
        return found
