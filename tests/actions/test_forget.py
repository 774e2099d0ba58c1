"""Deleting a result takes its message along and leaves its operation."""

import json
from collections.abc import Callable

import pytest
from celery import states

from django_celery_results.actions.forget import forget
from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.models import Operation, TaskMessage, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer

from .conftest import ref
from .records import failed_task

pytestmark = pytest.mark.django_db


def test_the_row_and_its_message_go_and_the_operation_stays(operator: Viewer) -> None:
    failed_task("gone")
    failed_task("kept")
    outcome = forget(operator, ref("gone"), reason="asked for by the customer", idempotency_key="k")
    assert outcome.refusals == ()
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["kept"]
    assert list(TaskMessage.objects.values_list("task_id", flat=True)) == ["kept"]
    operation = Operation.objects.get()
    assert (operation.task_id, operation.reason) == ("gone", "asked for by the customer")
    assert json.loads(operation.outcome) == {"status": states.FAILURE}
    assert forget(operator, ref("gone"), idempotency_key="k").operation == operation


def test_a_dry_run_deletes_nothing(operator: Viewer) -> None:
    assert forget(operator, ref(failed_task()), dry_run=True).refusals == ()
    assert TaskResult.objects.exists()
    assert not Operation.objects.exists()


def test_without_the_permission_nothing_is_deleted(viewer_with: Callable[..., Viewer]) -> None:
    outcome = forget(viewer_with(Action.VIEW), ref(failed_task()))
    assert [refusal.code for refusal in outcome.refusals] == [ErrorCode.FORBIDDEN]
    assert TaskResult.objects.exists()


def test_what_is_not_there_cannot_be_deleted(operator: Viewer) -> None:
    assert [refusal.code for refusal in forget(operator, ref("unknown")).refusals] == [ErrorCode.NOT_FOUND]
