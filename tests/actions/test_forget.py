"""Deleting results: the message goes with its row, the operation stays, and protected rows are refused."""

import json
from collections.abc import Callable, Iterator

import pytest
from celery import states
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete

from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_forget
from django_celery_results.actions.forget import forget
from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.actions.selection import Selection
from django_celery_results.models import Operation, TaskMessage, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.tasks import TaskRef
from tests.actions.outcomes import refusal_codes
from tests.factories import create_failed_task, task_ref

pytestmark = pytest.mark.django_db


def test_delete_removes_row_and_message_and_keeps_the_operation(operator: Viewer) -> None:
    create_failed_task("gone")
    create_failed_task("kept")
    outcome = forget(operator, task_ref("gone"), reason="asked for by the customer", idempotency_key="k")
    assert outcome.refusals == ()
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["kept"]
    assert list(TaskMessage.objects.values_list("task_id", flat=True)) == ["kept"]
    operation = Operation.objects.get()
    assert (operation.task_id, operation.reason) == ("gone", "asked for by the customer")
    assert json.loads(operation.outcome)["status"] == states.FAILURE
    assert forget(operator, task_ref("gone"), idempotency_key="k").operation == operation


def test_same_key_returns_the_first_outcome_by_primary_key_and_by_task_id(operator: Viewer) -> None:
    row, other = create_failed_task("gone"), create_failed_task("other")
    first = forget(operator, TaskRef(id=row.pk), idempotency_key="k")
    for again in (TaskRef(id=row.pk), task_ref("gone")):
        assert forget(operator, again, idempotency_key="k") == first
    for another in (TaskRef(id=other.pk), task_ref("other")):
        assert refusal_codes(forget(operator, another, idempotency_key="k")) == [ErrorCode.DUPLICATE_REQUEST]
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["other"]


@pytest.fixture
def protected_row() -> Iterator[None]:
    """Protect the row of the task `protected`, as a foreign key of the project with `on_delete=PROTECT` does."""

    def protect(instance: TaskResult, **_: object) -> None:
        if instance.task_id == "protected":
            raise ProtectedError("an invoice refers to it", {instance})

    pre_delete.connect(protect, sender=TaskResult)
    yield
    pre_delete.disconnect(protect, sender=TaskResult)


@pytest.mark.usefixtures("protected_row")
@pytest.mark.parametrize("key", [None, "k"])
def test_protected_row_is_refused(key: str | None, operator: Viewer) -> None:
    outcome = forget(operator, task_ref(create_failed_task("protected")), idempotency_key=key)
    assert refusal_codes(outcome) == [ErrorCode.TASK_NOT_ALLOWED]
    assert TaskResult.objects.filter(task_id="protected").exists()
    assert [operation.error_code for operation in Operation.objects.all()] == ["TASK_NOT_ALLOWED"]


@pytest.mark.usefixtures("protected_row")
def test_bulk_delete_skips_only_the_protected_row(operator: Viewer) -> None:
    rows = [create_failed_task(name) for name in ("a", "protected", "z")]
    outcome = bulk_forget(operator, Selection(ids=tuple(row.pk for row in rows)), BulkOptions())
    assert (outcome.done_count, outcome.skipped_count, outcome.remaining_count) == (2, 1, 0)
    assert [item.refusal and item.refusal.code for item in outcome.items] == [None, ErrorCode.TASK_NOT_ALLOWED, None]
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["protected"]
    recorded = Operation.objects.filter(action="forget").order_by("task_id").values_list("task_id", "state")
    assert list(recorded) == [("a", "done"), ("protected", "refused"), ("z", "done")]


def test_dry_run_deletes_nothing(operator: Viewer) -> None:
    assert forget(operator, task_ref(create_failed_task()), dry_run=True).refusals == ()
    assert TaskResult.objects.exists()
    assert not Operation.objects.exists()


def test_delete_needs_the_permission(viewer_with: Callable[..., Viewer]) -> None:
    outcome = forget(viewer_with(Action.VIEW), task_ref(create_failed_task()))
    assert refusal_codes(outcome) == [ErrorCode.FORBIDDEN]
    assert TaskResult.objects.exists()


def test_delete_of_an_unknown_task_is_not_found(operator: Viewer) -> None:
    assert refusal_codes(forget(operator, task_ref("unknown"))) == [ErrorCode.NOT_FOUND]
