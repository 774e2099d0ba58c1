"""Retry of a failed task by an operator, with its own arguments and with corrected ones."""

import json

from celery import states

from django_celery_results.actions.retry import RetryOverrides, retry
from django_celery_results.models import Operation, OperationState
from django_celery_results.policy.viewer import Viewer
from tests.factories import task_ref
from tests.tasks import add, fail_first
from tests.workers import Worker, wait_for_state


def test_failed_task_is_retried_with_its_arguments(embedded_worker: Worker, operator: Viewer) -> None:
    failed = fail_first.apply_async((1, {"nested": [2]}), {"name": "ü"}, queue=embedded_worker.queue)
    wait_for_state(failed.id, states.FAILURE)

    outcome = retry(operator, task_ref(failed.id), reason="deployed")

    assert outcome.refusals == ()
    row = wait_for_state(str(outcome.task_id), states.SUCCESS)
    assert (row.retried_from, row.queue) == (failed.id, embedded_worker.queue)
    assert json.loads(str(row.result))["given"] == repr(([1, {"nested": [2]}], {"name": "ü"}))
    operation = Operation.objects.get()
    assert (operation.state, operation.actor_name, operation.reason) == (OperationState.DONE, "operator", "deployed")


def test_failed_task_is_retried_with_corrected_arguments(embedded_worker: Worker, operator: Viewer) -> None:
    failed = add.apply_async((1, "two"), queue=embedded_worker.queue)
    wait_for_state(failed.id, states.FAILURE)

    outcome = retry(operator, task_ref(failed.id), overrides=RetryOverrides(args=[1, 2]))

    assert outcome.refusals == ()
    assert wait_for_state(str(outcome.task_id), states.SUCCESS).result == "3"
