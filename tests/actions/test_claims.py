"""Claims and idempotency keys: a retry is published once, whether processes race, die, or find no broker."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from celery import states
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from django.utils import timezone

from django_celery_results.actions import claims, interrupted, publishing, sending
from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.actions.retry import RetryOverrides, retry
from django_celery_results.models import Operation, OperationState, TaskMessage, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM, Viewer
from tests.actions.concurrency import run_concurrently
from tests.actions.interruptions import Killed, clock_ahead, expire_leases, interrupt_retry
from tests.actions.outcomes import refusal_codes
from tests.celery_app import app
from tests.factories import ServiceAccount, create_failed_task, create_failed_tasks, task_ref
from tests.isolation import new_queue
from tests.tasks import fail_first
from tests.workers import RunWorker, publishing_to, wait_for

pytestmark = pytest.mark.django_db


def test_same_key_returns_the_first_outcome(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task()
    first = retry(operator, task_ref(original), idempotency_key="k")
    again = retry(operator, task_ref(original), idempotency_key="k")
    assert sent == [first.task_id] == [again.task_id]
    assert again.refusals == ()
    assert again.operation == first.operation


def test_idempotency_key_is_scoped_to_its_viewer(
    operator: Viewer, viewer_with: Callable[..., Viewer], sent: list[str]
) -> None:
    original = create_failed_task()
    retry(operator, task_ref(original), idempotency_key="k")
    other = retry(viewer_with(*Action, name="other"), task_ref(original), idempotency_key="k")
    assert refusal_codes(other) == [ErrorCode.ALREADY_RETRIED]
    assert len(sent) == 1


def test_idempotency_key_is_scoped_to_the_name_of_a_viewer_without_a_primary_key(sent: list[str]) -> None:
    original = create_failed_task()
    billing, backup = (Viewer(user=ServiceAccount(name, *Action)) for name in ("billing", "backup"))  # type: ignore[arg-type]
    first = retry(billing, task_ref(original), idempotency_key="k")
    assert retry(billing, task_ref(original), idempotency_key="k").operation == first.operation
    assert refusal_codes(retry(backup, task_ref(original), idempotency_key="k")) == [ErrorCode.ALREADY_RETRIED]
    assert len(sent) == 1


def test_identities_of_names_and_of_primary_keys_that_are_text_differ(operator: Viewer) -> None:
    service = Viewer(user=ServiceAccount("billing", *Action))  # type: ignore[arg-type]
    keys = ("billing", "name: billing", "key: name: billing", "1")
    users = [Viewer(user=User(pk=key, username="x")) for key in keys]
    assert len({service.identity, *(viewer.identity for viewer in users)}) == 5
    assert users[-1].identity == "1"


def test_viewer_without_any_name_may_use_no_idempotency_key(sent: list[str]) -> None:
    original = create_failed_task()
    nobody = Viewer(user=ServiceAccount("", *Action))  # type: ignore[arg-type]
    assert refusal_codes(retry(nobody, task_ref(original), idempotency_key="k")) == [ErrorCode.INVALID_INPUT]
    assert sent == []
    assert refusal_codes(retry(nobody, task_ref(original))) == []


def test_key_reuse_for_another_request_is_refused(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task()
    retry(operator, task_ref(original), idempotency_key="k")
    changed = retry(operator, task_ref(original), idempotency_key="k", overrides=RetryOverrides(priority=3))
    assert refusal_codes(changed) == [ErrorCode.DUPLICATE_REQUEST]
    assert refusal_codes(retry(operator, task_ref(create_failed_task("b")), idempotency_key="k")) == [
        ErrorCode.DUPLICATE_REQUEST
    ]
    assert len(sent) == 1


def test_key_of_a_refused_request_can_be_used_again(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task(status=states.STARTED)
    assert refusal_codes(retry(operator, task_ref(original), idempotency_key="k")) == [ErrorCode.NOT_FINISHED]
    TaskResult.objects.update(status=states.FAILURE)
    assert sent == []
    assert retry(operator, task_ref(original), idempotency_key="k").task_id in sent


def test_second_retry_is_refused_unless_allowed(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task()
    first = retry(operator, task_ref(original))
    refused = retry(operator, task_ref(original))
    assert refusal_codes(refused) == [ErrorCode.ALREADY_RETRIED]
    assert str(first.task_id) in refused.refusals[0].message
    assert retry(operator, task_ref(original), allow_retried=True).task_id == sent[1]


@pytest.mark.parametrize("key", [None, "the same"])
@pytest.mark.django_db(transaction=True)
def test_concurrent_retries_publish_once(key: str | None, sent: list[str]) -> None:
    original = create_failed_task()

    outcomes = run_concurrently(8, lambda: retry(SYSTEM, task_ref(original), idempotency_key=key))

    assert len(sent) == 1
    expected = [] if key else [ErrorCode.ALREADY_RETRIED] * 7
    assert [code for outcome in outcomes for code in refusal_codes(outcome)] == expected
    assert TaskResult.objects.filter(retried_from=original.task_id).count() == 1


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//"])
def test_broker_outage_releases_claim_and_key(url: str, operator: Viewer) -> None:
    original = create_failed_task()
    with publishing_to(url):
        outcome = retry(operator, task_ref(original), idempotency_key="k")
    assert refusal_codes(outcome) == [ErrorCode.BROKER_UNREACHABLE]
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["failed"]
    assert list(TaskMessage.objects.values_list("task_id", flat=True)) == ["failed"]
    operation = Operation.objects.get()
    assert (operation.state, operation.open_claim, operation.error_code) == ("failed", None, "BROKER_UNREACHABLE")
    assert refusal_codes(retry(operator, task_ref(original), idempotency_key="k")) == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_retry_interrupted_around_the_publish_sends_the_same_id_after_the_lease(
    moment: str, operator: Viewer, sent: list[str]
) -> None:
    original = create_failed_task("failed", 1, 2)

    def die(*args: Any) -> None:
        if moment == "after":
            publishing.publish(*args)
        raise Killed

    with mock.patch.object(sending, "publish", die), pytest.raises(Killed):
        retry(operator, task_ref(original), overrides=RetryOverrides(args=[3]))
    new_id = Operation.objects.get().new_task_id
    assert interrupted.heal(app) == 0  # the lease is not over: its owner may be at work

    expire_leases()
    assert interrupted.heal(app) == 1

    assert set(sent) == {new_id}
    assert Operation.objects.get().state == OperationState.DONE
    assert interrupted.heal(app) == 0


@pytest.mark.parametrize(("owner", "other"), [(0, 120), (-120, 0)])
def test_claim_is_its_owners_whatever_the_clocks_of_machines_say(
    owner: float, other: float, operator: Viewer, sent: list[str]
) -> None:
    original = create_failed_task()
    with clock_ahead(owner):
        interrupt_retry(operator, original)
    with clock_ahead(other):
        assert interrupted.heal(app) == 0
    assert sent == []


def test_renewed_claim_is_its_owners_whatever_its_clock_says(operator: Viewer) -> None:
    operation = interrupt_retry(operator, create_failed_task())
    with clock_ahead(-120):
        claims.renew([operation])
    assert interrupted.heal(app) == 0
    expire_leases()
    claims.renew([operation])  # somebody else has it: it stays as it is
    assert interrupted.expired().exists()


@pytest.mark.parametrize("cleanup", [app.backend.cleanup, lambda: call_command("prune_task_results", verbosity=0)])
def test_cleanup_sends_interrupted_retries_after_the_lease_and_outside_transactions(
    cleanup: Callable[[], object],
    operator: Viewer,
    sent: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(interrupted, "_BATCH", 2)
    expected = {interrupt_retry(operator, task).new_task_id for task in create_failed_tasks(3)}
    cleanup()
    assert sent == []  # the lease is not over: their owner may be at work
    assert caplog.records == []

    expire_leases()
    with transaction.atomic():
        cleanup()
    assert sent == []  # a rollback would take back the record of what is out
    assert [record.levelname for record in caplog.records] == ["WARNING"]

    cleanup()
    assert (len(sent), set(sent)) == (3, expected)
    assert set(Operation.objects.values_list("state", flat=True)) == {OperationState.DONE}


def test_cleanup_during_a_broker_outage_leaves_the_claim_for_another_lease(operator: Viewer) -> None:
    interrupt_retry(operator, create_failed_task())
    expire_leases()
    with publishing_to("redis://127.0.0.1:1/0"):
        app.backend.cleanup()
    operation = Operation.objects.get()
    assert operation.state == OperationState.CLAIMED
    assert operation.lease_until is not None
    assert operation.lease_until > timezone.now()


def test_healing_only_marks_a_claim_whose_task_runs_already(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task()
    with mock.patch.object(claims, "finish", side_effect=Killed), pytest.raises(Killed):
        retry(operator, task_ref(original))
    TaskResult.objects.filter(task_id=sent[0]).update(status=states.STARTED, attempt=0)
    expire_leases()
    assert interrupted.heal(app) == 1
    assert len(sent) == 1
    assert Operation.objects.get().state == OperationState.DONE


@pytest.mark.skipif(connection.vendor == "postgresql", reason="takes a gigabyte")
@pytest.mark.django_db(transaction=True)  # closes the connection
def test_message_that_the_database_refuses_as_too_large_is_an_invalid_override(
    operator: Viewer, sent: list[str], settings: Any
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 2**26}
    original = create_failed_task()
    with limited_statements() as limit:
        outcome = retry(operator, task_ref(original), overrides=RetryOverrides(args=["x" * limit]), idempotency_key="k")
    (refusal,) = outcome.refusals
    assert (refusal.code, refusal.path) == (ErrorCode.INVALID_INPUT, ("overrides",))
    assert sent == []
    assert retry(operator, task_ref(original), idempotency_key="k").task_id in sent


@contextmanager
def limited_statements() -> Iterator[int]:
    """Yield more characters than the database takes in a statement; SQLite's limit of a gigabyte is lowered."""
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


def test_retry_is_refused_inside_a_transaction(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task()
    with transaction.atomic():
        assert refusal_codes(retry(operator, task_ref(original))) == [ErrorCode.IN_TRANSACTION]
    assert sent == []
    assert not Operation.objects.exists()


def test_retry_is_allowed_inside_the_transaction_of_a_test_case(operator: Viewer, sent: list[str]) -> None:
    assert connection.in_atomic_block
    assert retry(operator, task_ref(create_failed_task())).task_id in sent


def test_starting_worker_sends_all_interrupted_retries(
    operator: Viewer, sent: list[str], run_worker: RunWorker
) -> None:
    queue = new_queue()
    for number in range(25):  # more than one batch of claims
        options = {"delivery": {"exchange": "", "routing_key": queue}}
        interrupt_retry(operator, create_failed_task(f"failed-{number}", 1, options=options))
    expire_leases()
    with run_worker(queue=queue):
        retried = TaskResult.objects.filter(status=states.SUCCESS, retried_from__startswith="failed-")
        wait_for(lambda: retried.count() == 25)
    assert sent == []  # by this process


def test_failed_publish_leaves_a_claim_that_another_process_healed(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = create_failed_task()

    def outlast_the_lease_and_fail(*_: Any) -> None:
        expire_leases()
        assert interrupted.heal(app) == 1
        raise OSError("timed out")

    monkeypatch.setattr(sending, "publish", outlast_the_lease_and_fail)
    outcome = retry(operator, task_ref(original))
    assert sent == [outcome.task_id]
    assert TaskResult.objects.get(retried_from=original.task_id).task_id in sent
    assert Operation.objects.get().state == OperationState.DONE
    assert refusal_codes(retry(operator, task_ref(original))) == [ErrorCode.ALREADY_RETRIED]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"body": None}, ErrorCode.ARGUMENTS_UNAVAILABLE), ({"task_name": "gone"}, ErrorCode.TASK_NOT_REGISTERED)],
)
def test_healing_fails_a_retry_that_can_never_be_sent(
    changes: dict[str, Any], code: ErrorCode, operator: Viewer, sent: list[str]
) -> None:
    original = create_failed_task()
    interrupt_retry(operator, original)
    expire_leases()
    TaskMessage.objects.exclude(task_id=original.task_id).update(**changes)
    assert interrupted.heal(app) == 1
    operation = Operation.objects.get()
    assert (operation.state, operation.error_code, sent) == (OperationState.FAILED, code, [])
    assert retry(operator, task_ref(original)).task_id in sent


def test_healing_sends_the_oldest_claims_up_to_its_limit(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    operations = [interrupt_retry(SYSTEM, task) for task in create_failed_tasks(5)]
    for number, operation in enumerate(operations):
        lease = timezone.now() - timedelta(seconds=10 + number)
        Operation.objects.filter(pk=operation.pk).update(lease_until=lease)
    monkeypatch.setattr(interrupted, "_BATCH", 2)
    assert interrupted.heal(app, 3) == 3
    assert sent == [operations[number].new_task_id for number in (4, 3, 2)]


def test_healing_stops_at_the_first_failure_of_the_broker() -> None:
    for task in create_failed_tasks(3):
        interrupt_retry(SYSTEM, task)
    expire_leases()
    with mock.patch.object(interrupted, "publish", side_effect=OSError("gone")) as publish:
        assert interrupted.heal(app, 100) == 0
    assert publish.call_count == 1
    assert Operation.objects.filter(state=OperationState.CLAIMED).count() == 3


def test_eager_app_that_stores_results_runs_the_retry_at_once(
    operator: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.conf, "task_always_eager", True)
    monkeypatch.setattr(fail_first, "store_eager_result", True)
    outcome = retry(operator, task_ref(create_failed_task("failed", 7)))
    assert outcome.new_task is not None
    assert outcome.new_task.status == states.SUCCESS
    assert outcome.new_task.retried_from == "failed"
