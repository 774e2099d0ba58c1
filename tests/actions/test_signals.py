"""Projects hear of what was sent again and of what was stopped, once it is on record."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.dispatch import Signal
from django.utils import timezone

from django_celery_results.actions import control, interrupted, sending
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_revoke
from django_celery_results.actions.outcome import WorkerReply
from django_celery_results.actions.retry import retry
from django_celery_results.actions.revoke import Wish, revoke
from django_celery_results.actions.selection import Selection
from django_celery_results.actions.signals import task_retried, task_revoked
from django_celery_results.models import Operation, OperationState, TaskResult
from django_celery_results.policy.viewer import SYSTEM, Viewer
from tests.celery_app import app
from tests.factories import create_failed_task, task_ref
from tests.workers import publishing_to

pytestmark = pytest.mark.django_db

ACKNOWLEDGED = (WorkerReply(worker="w", acknowledged=True, message="heard"),)


@pytest.fixture(autouse=True)
def broker() -> Iterator[None]:
    with publishing_to("memory://signals"):
        yield


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    """What receivers are told, with the operation's state as the database has it at that moment."""
    told: list[dict[str, Any]] = []

    def receive(sender: type[Operation], signal: Signal, operation: Operation, **arguments: Any) -> None:
        state = Operation.objects.get(action=operation.action, task_id=operation.task_id, bulk=operation.bulk).state
        told.append({**arguments, "signal": signal, "state": state})

    for signal in (task_retried, task_revoked):
        signal.connect(receive)
    yield told
    for signal in (task_retried, task_revoked):
        signal.disconnect(receive)


def test_a_retry_is_told_after_it_is_on_record(operator: Viewer, heard: list[dict[str, Any]]) -> None:
    outcome = retry(operator, task_ref(create_failed_task()))
    (told,) = heard
    assert told == {
        "signal": task_retried, "viewer": operator, "task_id": "failed", "new_task_id": outcome.task_id,
        "state": OperationState.DONE,
    }  # fmt: skip


def test_what_is_refused_or_previewed_is_not_told(operator: Viewer, heard: list[dict[str, Any]]) -> None:
    original = create_failed_task()
    retry(operator, task_ref(original), dry_run=True)
    with publishing_to("redis://127.0.0.1:1/0"):
        assert retry(operator, task_ref(original)).refusals
    assert retry(operator, task_ref("nobody")).refusals
    assert heard == []


def test_a_retry_that_was_carried_on_is_told_without_a_viewer(
    heard: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sending, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            retry(SYSTEM, task_ref(create_failed_task()))
    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    interrupted.heal(app)
    assert [(told["viewer"], told["state"]) for told in heard] == [(None, OperationState.DONE)]


def test_a_revoke_is_told_one_by_one_and_in_bulk(
    operator: Viewer, heard: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "revoke", lambda *_, **__: ACKNOWLEDGED)
    for task_id in ("a", "b", "c"):
        TaskResult.objects.create(task_id=task_id)
    TaskResult.objects.create(task_id="done", status="SUCCESS")
    revoke(operator, task_ref("a"))
    bulk_revoke(operator, Selection(task_ids=("b", "c", "done")), Wish(), BulkOptions())
    assert [(told["signal"], told["viewer"], told["task_id"]) for told in heard] == [
        (task_revoked, operator, task_id) for task_id in ("a", "b", "c")
    ]


def test_a_receiver_that_fails_changes_nothing(operator: Viewer, sent: list[str]) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("no")

    task_retried.connect(broken)
    try:
        outcome = retry(operator, task_ref(create_failed_task()))
    finally:
        task_retried.disconnect(broken)
    assert (outcome.refusals, sent) == ((), [outcome.task_id])
