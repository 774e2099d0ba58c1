"""An operator stops a task that waits and a task that runs."""

from celery import states

from django_celery_results.actions.revoke import revoke
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import Viewer
from tests.factories import task_ref
from tests.tasks import add, sleep
from tests.workers import Worker, wait_for_state


def test_a_waiting_task_never_runs_and_a_running_one_is_terminated(embedded_worker: Worker, operator: Viewer) -> None:
    running = [sleep.apply_async((300,), queue=embedded_worker.queue) for _ in range(2)]  # both processes are busy
    for task in running:
        wait_for_state(task.id, states.STARTED)
    waiting = add.apply_async((1, 2), queue=embedded_worker.queue)
    TaskResult.objects.get_or_create(task_id=waiting.id, defaults={"task_name": add.name})

    assert revoke(operator, task_ref(waiting.id)).refusals == ()
    for task in running:
        outcome = revoke(operator, task_ref(task.id), terminate=True, wait=5)
        assert outcome.refusals == ()
        assert [reply.worker for reply in outcome.workers] == [embedded_worker.hostname]

    for task in (*running, waiting):
        wait_for_state(task.id, states.REVOKED)
    after = add.apply_async((3, 4), queue=embedded_worker.queue)
    wait_for_state(after.id, states.SUCCESS)  # the queue was served up to here
    assert TaskResult.objects.get(task_id=waiting.id).status == states.REVOKED
    assert f"[{waiting.id}] succeeded" not in embedded_worker.log
