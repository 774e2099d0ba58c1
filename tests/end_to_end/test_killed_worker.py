"""A task that took its process with it is recorded as lost, and can be run again as it was sent."""

from celery import states

from django_celery_results.actions.retry import retry
from django_celery_results.policy.viewer import SYSTEM
from tests.factories import task_ref
from tests.tasks import add, die_first
from tests.workers import PATIENCE, Worker, wait_for_state


def test_a_killed_process_fails_its_task_which_runs_again(embedded_worker: Worker) -> None:
    lost = die_first.apply_async(("killed", "ü" * 2_000), {"n": 1}, queue=embedded_worker.queue)
    assert "WorkerLostError" in str(wait_for_state(lost.id, states.FAILURE).result)

    outcome = retry(SYSTEM, task_ref(lost.id))

    assert outcome.refusals == ()
    wait_for_state(str(outcome.task_id), states.SUCCESS)
    assert die_first.AsyncResult(str(outcome.task_id)).result == repr((["ü" * 2_000], {"n": 1}))
    assert add.apply_async((1, 2), queue=embedded_worker.queue).get(timeout=PATIENCE) == 3  # the pool is whole again
