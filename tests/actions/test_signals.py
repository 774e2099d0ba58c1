"""The signals `task_retried` and `task_revoked`: sent once the operation is stored, and only for what was done."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import states
from django.dispatch import Signal

from django_celery_results.actions import interrupted
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_revoke
from django_celery_results.actions.retry import retry
from django_celery_results.actions.revoke import Wish, revoke
from django_celery_results.actions.selection import Selection
from django_celery_results.actions.signals import task_retried, task_revoked
from django_celery_results.models import Operation, OperationState
from django_celery_results.policy.viewer import SYSTEM, Viewer
from tests.actions.interruptions import expire_leases, interrupt_retry
from tests.celery_app import app
from tests.factories import create_failed_task, create_task, task_ref
from tests.workers import publishing_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def signals() -> Iterator[list[dict[str, Any]]]:
    """The arguments of each signal, with the state that the database has of the operation at that moment."""
    received: list[dict[str, Any]] = []

    def receive(sender: type[Operation], signal: Signal, operation: Operation, **arguments: Any) -> None:
        state = Operation.objects.get(action=operation.action, task_id=operation.task_id, bulk=operation.bulk).state
        received.append({**arguments, "signal": signal, "state": state})

    for signal in (task_retried, task_revoked):
        signal.connect(receive)
    yield received
    for signal in (task_retried, task_revoked):
        signal.disconnect(receive)


def test_retry_sends_a_signal_after_its_operation_is_stored(operator: Viewer, signals: list[dict[str, Any]]) -> None:
    outcome = retry(operator, task_ref(create_failed_task()))
    assert signals == [{
        "signal": task_retried, "viewer": operator, "task_id": "failed", "new_task_id": outcome.task_id,
        "state": OperationState.DONE,
    }]  # fmt: skip


def test_refusals_and_previews_send_no_signal(operator: Viewer, signals: list[dict[str, Any]]) -> None:
    original = create_failed_task()
    retry(operator, task_ref(original), dry_run=True)
    with publishing_to("redis://127.0.0.1:1/0"):
        assert retry(operator, task_ref(original)).refusals
    assert retry(operator, task_ref("nobody")).refusals
    assert signals == []


def test_healed_retry_sends_a_signal_without_a_viewer(signals: list[dict[str, Any]]) -> None:
    interrupt_retry(SYSTEM, create_failed_task())
    assert signals == []
    expire_leases()
    interrupted.heal(app)
    assert [(each["viewer"], each["state"]) for each in signals] == [(None, OperationState.DONE)]


@pytest.mark.usefixtures("acknowledged_broadcasts")
def test_revoke_sends_a_signal_for_each_task_that_was_revoked(operator: Viewer, signals: list[dict[str, Any]]) -> None:
    for task_id in ("a", "b", "c"):
        create_task(task_id, states.PENDING)
    create_task("done", states.SUCCESS)
    revoke(operator, task_ref("a"))
    bulk_revoke(operator, Selection(task_ids=("b", "c", "done")), Wish(), BulkOptions())
    assert [(each["signal"], each["viewer"], each["task_id"]) for each in signals] == [
        (task_revoked, operator, task_id) for task_id in ("a", "b", "c")
    ]


def test_failing_receiver_does_not_fail_the_retry(operator: Viewer, sent: list[str]) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("no")

    task_retried.connect(fail)
    try:
        outcome = retry(operator, task_ref(create_failed_task()))
    finally:
        task_retried.disconnect(fail)
    assert (outcome.refusals, sent) == ((), [outcome.task_id])
