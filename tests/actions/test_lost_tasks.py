"""Tasks that killed their process, ran into the hard time limit, or are large: retried as they were sent."""

import datetime
from typing import Any

import pytest
from celery import states

from django_celery_results.actions.retry import retry
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import SYSTEM
from tests.factories import task_ref
from tests.tasks import die_first, fail_first
from tests.workers import Worker, over_redis, wait_for_state

pytestmark = over_redis

RICH: list[Any] = [datetime.datetime(2026, 1, 2, 3, 4), b"\xff", "ü" * 2_000]


@pytest.mark.parametrize(
    ("how", "options", "error"),
    # The retry has the same limit: it must be enough for a task that does nothing, however busy the machine is.
    [("killed", {}, "WorkerLostError"), ("slow", {"time_limit": 5}, "TimeLimitExceeded")],
)
def test_lost_task_is_retried_with_its_arguments(how: str, options: dict[str, Any], error: str, worker: Worker) -> None:
    lost = die_first.apply_async((how, *RICH), {"n": 1}, queue=worker.queue, **options)
    row = wait_for_state(lost.id, states.FAILURE)
    assert error in str(row.result)
    outcome = retry(SYSTEM, task_ref(row))
    assert outcome.refusals == ()
    again = wait_for_state(str(outcome.task_id), states.SUCCESS)
    assert die_first.AsyncResult(again.task_id).result == repr((RICH, {"n": 1}))


def test_ten_megabytes_of_arguments_are_retried_unchanged(worker: Worker) -> None:
    argument = 'a "quoted" word, ' * 600_000
    failed = fail_first.apply_async((argument,), queue=worker.queue)
    outcome = retry(SYSTEM, task_ref(wait_for_state(failed.id, states.FAILURE)))
    assert outcome.refusals == ()
    wait_for_state(str(outcome.task_id), states.SUCCESS)
    result: Any = fail_first.AsyncResult(str(outcome.task_id)).result
    assert result["given"] == repr(([argument], {}))
    assert TaskResult.objects.count() == 2
