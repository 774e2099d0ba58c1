"""Whatever happens between the button and the broker, a task is sent again once, or not at all."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from celery import states
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from django.utils import timezone

from django_celery_results.actions import claims, interrupted, publishing, sending
from django_celery_results.actions.outcome import ErrorCode, RetryOutcome
from django_celery_results.actions.retry import RetryOverrides, retry
from django_celery_results.models import Operation, OperationState, TaskMessage, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM, Viewer
from tests.celery_app import app
from tests.factories import create_failed_task, task_ref
from tests.isolation import new_queue
from tests.tasks import fail_first
from tests.workers import RunWorker, publishing_to, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def broker() -> Any:
    with publishing_to("memory://claims"):
        yield


def codes(outcome: RetryOutcome) -> list[ErrorCode]:
    return [refusal.code for refusal in outcome.refusals]


def test_the_same_key_of_the_same_viewer_gets_the_first_outcome(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task()
    first = retry(operator, task_ref(original), idempotency_key="k")
    again = retry(operator, task_ref(original), idempotency_key="k")
    assert sent == [first.task_id] == [again.task_id]
    assert again.refusals == ()
    assert again.operation == first.operation


def test_a_key_belongs_to_its_viewer(operator: Viewer, viewer_with: Callable[..., Viewer], sent: list[str]) -> None:
    original = create_failed_task()
    retry(operator, task_ref(original), idempotency_key="k")
    other = retry(viewer_with(*Action, name="other"), task_ref(original), idempotency_key="k")
    assert codes(other) == [ErrorCode.ALREADY_RETRIED]
    assert len(sent) == 1


def test_a_key_is_not_good_for_another_request(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task()
    retry(operator, task_ref(original), idempotency_key="k")
    changed = retry(operator, task_ref(original), idempotency_key="k", overrides=RetryOverrides(priority=3))
    assert codes(changed) == [ErrorCode.DUPLICATE_REQUEST]
    assert codes(retry(operator, task_ref(create_failed_task("b")), idempotency_key="k")) == [
        ErrorCode.DUPLICATE_REQUEST
    ]
    assert len(sent) == 1


def test_a_key_of_a_refused_request_may_be_used_again(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task(status=states.STARTED)
    assert codes(retry(operator, task_ref(original), idempotency_key="k")) == [ErrorCode.NOT_FINISHED]
    TaskResult.objects.update(status=states.FAILURE)
    assert sent == []
    assert retry(operator, task_ref(original), idempotency_key="k").task_id in sent


def test_a_task_is_retried_once_unless_more_is_allowed(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task()
    first = retry(operator, task_ref(original))
    refused = retry(operator, task_ref(original))
    assert codes(refused) == [ErrorCode.ALREADY_RETRIED]
    assert str(first.task_id) in refused.refusals[0].message
    assert retry(operator, task_ref(original), allow_retried=True).task_id == sent[1]


@pytest.mark.parametrize("key", [None, "the same"])
def test_two_who_press_at_once_send_once(key: str | None, sent: list[str]) -> None:
    original = create_failed_task()
    outcomes: list[RetryOutcome] = []
    start = threading.Barrier(8)

    def press() -> None:
        try:
            start.wait(timeout=10)
            outcomes.append(retry(SYSTEM, task_ref(original), idempotency_key=key))
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outcomes) == 8
    assert len(sent) == 1
    expected = [] if key else [ErrorCode.ALREADY_RETRIED] * 7
    assert [code for outcome in outcomes for code in codes(outcome)] == expected
    assert TaskResult.objects.filter(retried_from=original.task_id).count() == 1


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//"])
def test_with_the_broker_down_nothing_stays_claimed(url: str, operator: Viewer) -> None:
    original = create_failed_task()
    started = time.monotonic()
    with publishing_to(url):
        outcome = retry(operator, task_ref(original), idempotency_key="k")
    assert time.monotonic() - started < 10
    assert codes(outcome) == [ErrorCode.BROKER_UNREACHABLE]
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["failed"]
    assert list(TaskMessage.objects.values_list("task_id", flat=True)) == ["failed"]
    operation = Operation.objects.get()
    assert (operation.state, operation.open_claim, operation.error_code) == ("failed", None, "BROKER_UNREACHABLE")
    assert codes(retry(operator, task_ref(original), idempotency_key="k")) == []


class Killed(BaseException):
    """As if the process had died here."""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_around_the_publish_the_same_id_is_sent_after_the_lease(
    moment: str, operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = create_failed_task("failed", 1, 2)

    def dying(*args: Any) -> None:
        if moment == "after":
            publishing.publish(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sending, "publish", dying)
        with pytest.raises(Killed):
            retry(operator, task_ref(original), overrides=RetryOverrides(args=[3]))
    new_id = Operation.objects.get().new_task_id
    assert interrupted.heal(app) == 0  # the lease is not over: its owner may be at work

    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert interrupted.heal(app) == 1

    assert set(sent) == {new_id}
    assert Operation.objects.get().state == OperationState.DONE
    assert interrupted.heal(app) == 0


@pytest.mark.parametrize("cleanup", [app.backend.cleanup, lambda: call_command("prune_task_results", verbosity=0)])
def test_cleanup_carries_on_what_was_interrupted(
    cleanup: Callable[[], object],
    operator: Viewer,
    sent: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(interrupted, "_BATCH", 2)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "publish", lambda *_: (_ for _ in ()).throw(Killed()))
        for number in range(3):
            with pytest.raises(Killed):
                retry(operator, task_ref(create_failed_task(f"f{number}")))
    expected = set(Operation.objects.values_list("new_task_id", flat=True))
    cleanup()
    assert sent == []  # the lease is not over: their owner may be at work
    assert caplog.text == ""

    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    with transaction.atomic():
        cleanup()
    assert sent == []  # a rollback would take back the record of what is out
    assert "not carried on now" in caplog.text

    cleanup()
    assert (len(sent), set(sent)) == (3, expected)
    assert set(Operation.objects.values_list("state", flat=True)) == {OperationState.DONE}


def test_cleanup_goes_on_where_the_broker_is_down(operator: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sending, "publish", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            retry(operator, task_ref(create_failed_task()))
    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    with publishing_to("redis://127.0.0.1:1/0"):
        app.backend.cleanup()
    operation = Operation.objects.get()
    assert operation.state == OperationState.CLAIMED
    assert operation.lease_until is not None
    assert operation.lease_until > timezone.now()  # the next one tries again


def test_a_claim_whose_task_runs_already_is_only_marked(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = create_failed_task()
    with monkeypatch.context() as patch:
        patch.setattr(claims, "finish", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            retry(operator, task_ref(original))
    TaskResult.objects.filter(task_id=sent[0]).update(status=states.STARTED, attempt=0)
    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert interrupted.heal(app) == 1
    assert len(sent) == 1
    assert Operation.objects.get().state == OperationState.DONE


@pytest.mark.skipif(connection.vendor == "postgresql", reason="takes a gigabyte")
def test_what_the_database_refuses_as_too_large_is_refused_by_name(
    operator: Viewer, sent: list[str], settings: Any
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 2**26}
    original = create_failed_task()
    with small_database() as limit:
        outcome = retry(operator, task_ref(original), overrides=RetryOverrides(args=["x" * limit]), idempotency_key="k")
    (refusal,) = outcome.refusals
    assert (refusal.code, refusal.path) == (ErrorCode.INVALID_INPUT, ("overrides",))
    assert "too large" in refusal.message
    assert sent == []
    assert retry(operator, task_ref(original), idempotency_key="k").task_id in sent


@contextmanager
def small_database() -> Iterator[int]:
    """More characters than a statement may have: SQLite would take a gigabyte unless it is told otherwise."""
    if connection.vendor == "mysql":
        yield 17 * 2**20
        return

    def limit(connection: Any, **_: Any) -> None:
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 150_000)

    connection.close()
    connection_created.connect(limit)
    yield 200_000
    connection_created.disconnect(limit)
    connection.close()


def test_inside_an_open_transaction_nothing_is_done(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task()
    with transaction.atomic():
        assert codes(retry(operator, task_ref(original))) == [ErrorCode.IN_TRANSACTION]
    assert sent == []
    assert not Operation.objects.exists()


@pytest.mark.django_db(transaction=False)
def test_the_transaction_of_a_test_case_does_not_count(operator: Viewer, sent: list[str]) -> None:
    assert connection.in_atomic_block
    assert retry(operator, task_ref(create_failed_task())).task_id in sent


def test_a_worker_that_starts_carries_on_all_that_was_interrupted(
    operator: Viewer, sent: list[str], run_worker: RunWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = new_queue()
    with monkeypatch.context() as patch:
        patch.setattr(sending, "publish", lambda *_: (_ for _ in ()).throw(Killed()))
        for number in range(25):  # more than are looked at together
            with pytest.raises(Killed):
                retry(
                    operator, task_ref(create_failed_task(f"failed-{number}", 1)), overrides=RetryOverrides(queue=queue)
                )
        Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        with run_worker(queue=queue):
            again = TaskResult.objects.filter(status=states.SUCCESS, retried_from__startswith="failed-")
            wait_for(lambda: again.count() == 25)
    assert sent == []  # by this process


def test_what_another_process_carried_on_meanwhile_is_not_undone(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = create_failed_task()

    def too_long(*_: Any) -> None:
        Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert interrupted.heal(app) == 1
        raise OSError("timed out")

    monkeypatch.setattr(sending, "publish", too_long)
    outcome = retry(operator, task_ref(original))
    assert sent == [outcome.task_id]
    assert TaskResult.objects.get(retried_from=original.task_id).task_id in sent
    assert Operation.objects.get().state == OperationState.DONE
    assert codes(retry(operator, task_ref(original))) == [ErrorCode.ALREADY_RETRIED]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"body": None}, ErrorCode.ARGUMENTS_UNAVAILABLE), ({"task_name": "gone"}, ErrorCode.TASK_NOT_REGISTERED)],
)
def test_what_can_never_be_sent_is_given_up_and_says_why(
    changes: dict[str, Any], code: ErrorCode, operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = create_failed_task()
    with monkeypatch.context() as patch:
        patch.setattr(sending, "publish", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            retry(operator, task_ref(original))
    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    TaskMessage.objects.exclude(task_id=original.task_id).update(**changes)
    assert interrupted.heal(app) == 1
    operation = Operation.objects.get()
    assert (operation.state, operation.error_code, sent) == (OperationState.FAILED, code, [])
    assert retry(operator, task_ref(original)).task_id in sent


def test_the_oldest_are_carried_on_first_and_no_more_than_wanted(
    sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sending, "publish", lambda *_: (_ for _ in ()).throw(Killed()))
        for number in range(5):
            with pytest.raises(Killed):
                retry(SYSTEM, task_ref(create_failed_task(f"failed-{number}")))
    for number, operation in enumerate(Operation.objects.order_by("pk")):
        lease = timezone.now() - timedelta(seconds=10 + number)
        Operation.objects.filter(pk=operation.pk).update(lease_until=lease)
    monkeypatch.setattr(interrupted, "_BATCH", 2)
    assert interrupted.heal(app, 3) == 3
    assert sent == [Operation.objects.get(task_id=f"failed-{number}").new_task_id for number in (4, 3, 2)]


def test_a_broker_that_is_away_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sending, "publish", lambda *_: (_ for _ in ()).throw(Killed()))
        for number in range(3):
            with pytest.raises(Killed):
                retry(SYSTEM, task_ref(create_failed_task(f"failed-{number}")))
    Operation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    asked: list[object] = []
    monkeypatch.setattr(interrupted, "publish", lambda *_: asked.append(_) or (_ for _ in ()).throw(OSError("gone")))
    assert interrupted.heal(app, 100) == 0
    assert len(asked) == 1
    assert Operation.objects.filter(state=OperationState.CLAIMED).count() == 3


def test_an_eager_app_that_stores_results_runs_it_here(operator: Viewer) -> None:
    app.conf.task_always_eager = fail_first.store_eager_result = True
    try:
        outcome = retry(operator, task_ref(create_failed_task("failed", 7)))
    finally:
        app.conf.task_always_eager = fail_first.store_eager_result = False
    assert outcome.new_task is not None
    assert outcome.new_task.status == states.SUCCESS
    assert outcome.new_task.retried_from == "failed"
