"""Revoke of a task that waits and of tasks that run, by an operator."""

from celery import states

from django_celery_results.actions.revoke import MAX_WAIT, revoke
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import Viewer
from tests.factories import create_task, task_ref
from tests.tasks import add, sleep
from tests.workers import Worker, wait_for_state, wait_until_served


def test_revoke_stops_a_waiting_task_and_terminate_stops_running_ones(
    embedded_worker: Worker, operator: Viewer
) -> None:
    running = [sleep.apply_async((300,), queue=embedded_worker.queue) for _ in range(2)]  # both processes are busy
    for task in running:
        wait_for_state(task.id, states.STARTED)
    waiting = add.apply_async((1, 2), queue=embedded_worker.queue)
    create_task(waiting.id, states.PENDING, task_name=add.name)

    outcomes = [revoke(operator, task_ref(task_id), wait=MAX_WAIT) for task_id in (running[0].id, waiting.id)]
    assert [outcome.refusals for outcome in outcomes] == [(), ()]
    assert [outcome.task and outcome.task.status for outcome in outcomes] == [states.STARTED, states.REVOKED]

    for task in running:
        outcome = revoke(operator, task_ref(task.id), terminate=True, wait=MAX_WAIT)
        assert outcome.refusals == ()
        assert [reply.worker for reply in outcome.workers] == [embedded_worker.hostname]
        wait_for_state(task.id, states.REVOKED)

    wait_until_served(embedded_worker)
    assert TaskResult.objects.get(task_id=waiting.id).status == states.REVOKED
    assert f"[{waiting.id}] succeeded" not in embedded_worker.log
