"""Retries over a real worker: the message, the row and the operation that they leave."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from celery import states

from django_celery_results.actions.retry import retry
from django_celery_results.actions.revoke import MAX_WAIT, revoke
from django_celery_results.models import Operation, OperationState, TaskMessage, TaskResult
from django_celery_results.policy.viewer import Viewer
from tests.factories import create_task, task_ref
from tests.tasks import add, fail_first, wait_for_file
from tests.workers import Worker, wait_for, wait_for_state

ARGUMENTS: list[Any] = [
    uuid.UUID(int=7), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), date(2026, 1, 2), Decimal("1.10"), b"\x00\xff",
    "x" * 5000, "NUL \0", "\ud800", [[[[["deep", {"er": None}]]]]], 2**70,
]  # fmt: skip


def test_retry_sends_arguments_options_and_headers_of_the_first_run(worker: Worker, operator: Viewer) -> None:
    options = {
        "priority": 5,
        "headers": {"tenant": "a"},
        "time_limit": 60,
        "soft_time_limit": 50,
        "compression": "gzip",
    }
    kwargs = {"when": ARGUMENTS[1], "nested": {"n": [1]}}
    failed = fail_first.apply_async(ARGUMENTS, kwargs, queue=worker.queue, **options)
    original = wait_for_state(failed.id, states.FAILURE)

    outcome = retry(operator, task_ref(original), reason="the bug is fixed")

    assert outcome.refusals == ()
    assert outcome.new_task is not None
    assert outcome.new_task.retried_from == original.task_id
    assert outcome.task_id != original.task_id
    done = wait_for_state(str(outcome.task_id), states.SUCCESS)
    result = fail_first.AsyncResult(done.task_id).result
    assert result["given"] == repr((ARGUMENTS, kwargs))
    assert result["delivery_info"]["routing_key"] == worker.queue
    assert result["delivery_info"]["priority"] == 5
    assert result["timelimit"] == [60, 50]
    assert "gzip" in result["compression"]
    assert result["headers"]["tenant"] == "a"
    assert result["retries"] == 0
    assert (done.retried_from, done.queue, done.root_id) == (original.task_id, worker.queue, done.task_id)
    assert TaskResult.objects.get(task_id=original.task_id).status == states.FAILURE
    operation = Operation.objects.get()
    assert (operation.state, operation.reason, operation.actor_name) == (
        OperationState.DONE,
        "the bug is fixed",
        "operator",
    )
    assert not TaskMessage.objects.filter(task_id=done.task_id).exists()


def test_revoked_task_can_be_retried(known_worker: Worker, operator: Viewer, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    busy = wait_for_file.apply_async((str(gate),), queue=known_worker.queue)
    wait_for_state(busy.id, states.STARTED)
    waiting = add.apply_async((1, 2), queue=known_worker.queue)
    revoke(operator, task_ref(create_task(waiting.id, states.PENDING, task_name=add.name)), wait=MAX_WAIT)
    gate.touch()
    wait_for(lambda: TaskMessage.objects.filter(task_id=waiting.id).exists())  # the worker has discarded the task

    outcome = retry(operator, task_ref(waiting.id))

    assert outcome.refusals == ()
    assert wait_for_state(str(outcome.task_id), states.SUCCESS).retried_from == waiting.id
    assert TaskResult.objects.get(task_id=waiting.id).status == states.REVOKED
