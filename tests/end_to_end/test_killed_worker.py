"""A task whose process is killed: recorded as lost, and retried with its arguments."""

from celery import states

from django_celery_results.actions.retry import retry
from django_celery_results.policy.viewer import SYSTEM
from tests.factories import task_ref
from tests.tasks import die_first, sleep
from tests.workers import Worker, wait_for_state


def test_task_that_kills_its_process_fails_and_can_be_retried(embedded_worker: Worker) -> None:
    lost = die_first.apply_async(("killed", "ü" * 2_000), {"n": 1}, queue=embedded_worker.queue)
    assert "WorkerLostError" in str(wait_for_state(lost.id, states.FAILURE).result)

    outcome = retry(SYSTEM, task_ref(lost.id))

    assert outcome.refusals == ()
    wait_for_state(str(outcome.task_id), states.SUCCESS)
    assert die_first.AsyncResult(str(outcome.task_id)).result == repr((["ü" * 2_000], {"n": 1}))


def test_killed_process_is_replaced(embedded_worker: Worker) -> None:
    lost = die_first.apply_async(("killed",), queue=embedded_worker.queue)
    wait_for_state(lost.id, states.FAILURE)
    for task in [sleep.apply_async((300,), queue=embedded_worker.queue) for _ in range(2)]:
        wait_for_state(task.id, states.STARTED)  # both processes work
