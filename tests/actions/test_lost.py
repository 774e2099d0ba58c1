"""With the default settings, a task that took its process with it can be run again as it was sent."""

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
    ("how", "options", "error"), [("killed", {}, "WorkerLostError"), ("slow", {"time_limit": 1}, "TimeLimitExceeded")]
)
def test_a_lost_task_is_retried_as_it_was_sent(how: str, options: dict[str, Any], error: str, worker: Worker) -> None:
    lost = die_first.apply_async((how, *RICH), {"n": 1}, queue=worker.queue, **options)
    row = wait_for_state(lost.id, states.FAILURE)
    assert error in str(row.result)
    outcome = retry(SYSTEM, task_ref(row))
    assert outcome.refusals == ()
    again = wait_for_state(str(outcome.task_id), states.SUCCESS)
    assert die_first.AsyncResult(again.task_id).result == repr((RICH, {"n": 1}))


def test_ten_megabytes_of_arguments_are_retried_as_they_were_sent(worker: Worker) -> None:
    argument = 'a "quoted" word, ' * 600_000
    failed = fail_first.apply_async((argument,), queue=worker.queue)
    outcome = retry(SYSTEM, task_ref(wait_for_state(failed.id, states.FAILURE)))
    assert outcome.refusals == ()
    wait_for_state(str(outcome.task_id), states.SUCCESS)
    result: Any = fail_first.AsyncResult(str(outcome.task_id)).result
    assert result["given"] == repr(([argument], {}))
    assert TaskResult.objects.count() == 2
