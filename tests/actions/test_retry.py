"""A failed task is run again by a real worker, with exactly what it was sent with."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from celery import states

from django_celery_results.actions.retry import retry
from django_celery_results.actions.revoke import revoke
from django_celery_results.models import Operation, OperationState, TaskMessage, TaskResult
from django_celery_results.policy.viewer import Viewer
from tests.factories import task_ref
from tests.tasks import add, fail_first, sleep
from tests.workers import Worker, wait_for, wait_for_state

pytestmark = pytest.mark.django_db(transaction=True)

RICH: list[Any] = [
    uuid.UUID(int=7), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), date(2026, 1, 2), Decimal("1.10"), b"\x00\xff",
    "x" * 5000, "NUL \0", "\ud800", [[[[["deep", {"er": None}]]]]], 2**70,
]  # fmt: skip


def failed(worker: Worker, *args: Any, **options: Any) -> TaskResult:
    options.setdefault("queue", worker.queue)
    sent = fail_first.apply_async(args, options.pop("kwargs", {}), **options)
    return wait_for_state(sent.id, states.FAILURE)


def test_a_retry_sends_exactly_what_was_sent(worker: Worker, operator: Viewer) -> None:
    options = {
        "priority": 5,
        "headers": {"tenant": "a"},
        "time_limit": 60,
        "soft_time_limit": 50,
        "compression": "gzip",
    }
    original = failed(worker, *RICH, kwargs={"when": RICH[1], "nested": {"n": [1]}}, **options)

    outcome = retry(operator, task_ref(original), reason="the bug is fixed")

    assert outcome.refusals == ()
    assert outcome.new_task is not None
    assert outcome.new_task.retried_from == original.task_id
    assert outcome.task_id != original.task_id
    done = wait_for_state(str(outcome.task_id), states.SUCCESS)
    result = fail_first.AsyncResult(done.task_id).result
    assert result["given"] == repr((RICH, {"when": RICH[1], "nested": {"n": [1]}}))
    assert result["delivery_info"]["routing_key"] == worker.queue
    assert result["delivery_info"]["priority"] == 5
    assert result["timelimit"] == [60, 50]
    assert "gzip" in result["compression"]
    assert result["headers"]["tenant"] == "a"
    assert result["retries"] == 0
    assert (done.retried_from, done.queue, done.root_id) == (original.task_id, worker.queue, done.task_id)
    assert wait_for_state(original.task_id, states.FAILURE).task_id == original.task_id
    operation = Operation.objects.get()
    assert (operation.state, operation.reason, operation.actor_name) == (
        OperationState.DONE,
        "the bug is fixed",
        "operator",
    )
    assert not TaskMessage.objects.filter(task_id=done.task_id).exists()


def test_a_revoked_task_runs_when_it_is_retried(worker: Worker, operator: Viewer) -> None:
    busy = sleep.apply_async((2,), queue=worker.queue)
    wait_for_state(busy.id, states.STARTED)
    waiting = add.apply_async((1, 2), queue=worker.queue)
    revoke(operator, task_ref(TaskResult.objects.create(task_id=waiting.id, task_name=add.name)))
    wait_for(lambda: TaskMessage.objects.filter(task_id=waiting.id).exists())  # the worker met it, and discarded it

    outcome = retry(operator, task_ref(waiting.id))

    assert outcome.refusals == ()
    assert wait_for_state(str(outcome.task_id), states.SUCCESS).retried_from == waiting.id
    assert wait_for_state(waiting.id, states.REVOKED).status == states.REVOKED
