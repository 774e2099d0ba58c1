"""Bulk retry, revoke and delete: limits, idempotency keys, concurrent requests and refused selections."""

import json
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from celery import states
from django.db import connection

from django_celery_results.actions import bulk, interrupted, retry_claims, retry_many, revoke, sending
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_forget, bulk_retry, bulk_revoke
from django_celery_results.actions.outcome import ErrorCode, ItemOutcome
from django_celery_results.actions.retry import RetryOverrides, Wish
from django_celery_results.actions.selection import MAX_TASKS, Selection
from django_celery_results.models import Operation, OperationState, TaskMessage, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM, Viewer
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.json_filters import JSONFilter
from django_celery_results.query.key_filters import KeyFilter
from django_celery_results.query.operators import IntFilter, StringFilter
from django_celery_results.states import TaskState
from tests.actions.concurrency import run_concurrently
from tests.actions.interruptions import Killed, clock_ahead, expire_leases
from tests.actions.outcomes import refusal_codes
from tests.celery_app import app
from tests.factories import create_failed_task, create_failed_tasks, create_task
from tests.tasks import add
from tests.workers import Worker, over_redis, publishing_to, wait_for_state

pytestmark = pytest.mark.django_db

FAILED = Selection(filter=TaskResultFilter(status=StringFilter(eq=states.FAILURE)))


def test_bulk_retry_sends_each_match_once_and_skips_one_without_a_message(operator: Viewer, sent: list[str]) -> None:
    create_failed_tasks(3)
    create_task("fine", states.SUCCESS)
    create_task("bare", states.FAILURE)

    outcome = bulk_retry(operator, FAILED, Wish(), BulkOptions(expected_count=4, reason="deployed"))

    assert (outcome.matched_count, outcome.done_count, outcome.skipped_count, outcome.remaining_count) == (4, 3, 1, 0)
    assert [item.new_task_id for item in outcome.items if item.outcome is ItemOutcome.DONE] == sent
    skipped = outcome.items[-1]
    assert skipped.refusal is not None
    assert (skipped.task_id, skipped.refusal.code) == ("bare", ErrorCode.ARGUMENTS_UNAVAILABLE)
    assert outcome.operation is not None
    assert outcome.operation.state == OperationState.DONE
    assert outcome.operation.items.count() == 4


def test_same_key_continues_where_the_last_request_stopped(operator: Viewer, sent: list[str]) -> None:
    create_failed_tasks(5)
    options = BulkOptions(limit=2, idempotency_key="k")
    remaining = []
    for _ in range(4):
        outcome = bulk_retry(operator, FAILED, Wish(), options)
        create_failed_task(f"later-{len(remaining)}")  # fails after the first request: not selected
        remaining.append(outcome.remaining_count)
    assert remaining == [3, 1, 0, 0]
    assert len(sent) == 5
    assert outcome.done_count == 5


def test_interrupted_bulk_retry_publishes_no_task_twice(operator: Viewer, sent: list[str]) -> None:
    create_failed_tasks(4)
    options = BulkOptions(idempotency_key="k")
    publish, publishes = sending.publish, iter(range(2))

    def publish_two_then_die(*args: Any) -> None:
        if next(publishes, None) is None:
            raise Killed
        publish(*args)

    with mock.patch.object(sending, "publish", publish_two_then_die), pytest.raises(Killed):
        bulk_retry(operator, FAILED, Wish(), options)
    assert len(sent) == 2

    outcome = bulk_retry(operator, FAILED, Wish(), options)
    assert (outcome.done_count, outcome.remaining_count) == (4, 0)
    assert len(sent) == 3  # not the third: its message may be out, so its claim is left to the lease

    expire_leases()
    assert interrupted.heal(app) == 1
    assert sorted(sent) == sorted(str(row.task_id) for row in TaskResult.objects.filter(status=states.PENDING))


@pytest.mark.django_db(transaction=True)
def test_concurrent_bulk_retries_publish_each_task_once(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "SECONDS", 600.0)  # on a busy machine a batch takes long
    create_failed_tasks(60)

    outcomes = run_concurrently(3, lambda: bulk_retry(SYSTEM, FAILED, Wish(), BulkOptions()))

    assert len(sent) == 60
    assert sum(outcome.done_count for outcome in outcomes) == 60
    refused = [item.refusal.code for outcome in outcomes for item in outcome.items if item.refusal]
    assert refused == [ErrorCode.ALREADY_RETRIED] * 120
    assert Operation.objects.filter(action="retry").count() == 180


def test_bulk_retry_works_where_a_bulk_insert_returns_no_primary_keys(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    create_failed_tasks(3)
    assert bulk_retry(operator, FAILED, Wish(), BulkOptions()).done_count == 3
    assert Operation.objects.filter(action="retry", state=OperationState.DONE).count() == len(sent) == 3


def test_too_large_message_skips_only_its_task(operator: Viewer, sent: list[str], settings: Any) -> None:
    small, large = create_failed_tasks(2)
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 200}
    TaskMessage.objects.filter(task_id=large.task_id).update(body=json.dumps([["x" * 300], {}, {}]))
    outcome = bulk_retry(operator, FAILED, Wish(), BulkOptions())
    assert [item.refusal and item.refusal.code for item in outcome.items] == [None, ErrorCode.ARGUMENTS_UNAVAILABLE]
    assert [row.retried_from for row in TaskResult.objects.filter(task_id__in=sent)] == [small.task_id]


def test_bulk_retry_claims_long_messages_in_smaller_parts(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry_many, "_CHARACTERS", 400)
    sizes: list[int] = []
    take = retry_claims.take
    monkeypatch.setattr(retry_claims, "take", lambda *given: sizes.append(len(given[-1])) or take(*given))
    rows = [create_failed_task(f"failed-{length}", "x" * length) for length in (10, 20, 1_000, 30)]
    assert bulk_retry(operator, FAILED, Wish(), BulkOptions()).done_count == len(sent) == len(rows)
    assert sizes == [2, 1, 1]


def test_broker_outage_stops_a_bulk_retry_that_the_same_key_continues(operator: Viewer) -> None:
    create_failed_tasks(3)
    options = BulkOptions(idempotency_key="k")
    with publishing_to("redis://127.0.0.1:1/0"):
        outcome = bulk_retry(operator, FAILED, Wish(), options)
    assert refusal_codes(outcome) == [ErrorCode.BROKER_UNREACHABLE]
    assert (outcome.done_count, outcome.remaining_count) == (0, 3)
    assert not TaskResult.objects.filter(retried_from__isnull=False).exists()
    assert bulk_retry(operator, FAILED, Wish(), options).done_count == 3


def test_invalid_override_refuses_the_whole_bulk_retry(operator: Viewer, sent: list[str]) -> None:
    create_failed_tasks(2)
    outcome = bulk_retry(operator, FAILED, Wish(overrides=RetryOverrides(countdown=-1)), BulkOptions())
    assert refusal_codes(outcome) == [ErrorCode.INVALID_INPUT]
    assert outcome.refusals[0].path == ("overrides", "countdown")
    assert sent == []
    assert Operation.objects.count() == 1  # of the bulk retry; none of a task


def test_operation_of_each_task_omits_the_selection(operator: Viewer) -> None:
    rows = create_failed_tasks(3)
    bulk_retry(operator, Selection(ids=tuple(row.pk for row in rows)), Wish(allow_retried=True), BulkOptions())
    bulk_input, *task_inputs = (json.loads(operation.input) for operation in Operation.objects.order_by("pk"))
    assert bulk_input["select"] == {"ids": [row.pk for row in rows]}
    assert [("select" in each, each["allow_retried"]) for each in task_inputs] == [(False, True)] * 3


def test_key_reuse_with_other_allowed_states_is_refused(operator: Viewer, sent: list[str]) -> None:
    create_failed_tasks(1)
    options = BulkOptions(idempotency_key="k")
    bulk_retry(operator, FAILED, Wish(), options)
    changed = bulk_retry(operator, FAILED, Wish(allow_states=(TaskState.SUCCESS,)), options)
    assert refusal_codes(changed) == [ErrorCode.DUPLICATE_REQUEST]
    assert len(sent) == 1


def test_bulk_retry_begins_no_batch_after_its_time_limit(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    create_failed_tasks(2)
    monkeypatch.setattr(bulk, "SECONDS", 0.0)
    assert bulk_retry(operator, FAILED, Wish(), BulkOptions()).remaining_count == 2
    assert sent == []


def test_bulk_retry_under_way_is_its_owners_whatever_the_clocks_of_machines_say(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    create_failed_tasks(1)
    options, others = BulkOptions(idempotency_key="k"), []

    def send_while_another_machine_asks(*claims: Any) -> Any:
        with clock_ahead(120):
            others.append(refusal_codes(bulk_retry(operator, FAILED, Wish(), options)))
        return {}

    monkeypatch.setattr(sending, "send", send_while_another_machine_asks)
    bulk_retry(operator, FAILED, Wish(), options)
    assert others == [[ErrorCode.DUPLICATE_REQUEST]]
    assert sent == []


def test_dry_run_previews_each_task_and_changes_nothing(
    operator: Viewer, sent: list[str], django_assert_num_queries: Any
) -> None:
    create_failed_tasks(3)
    create_failed_task("failed-003", task_name="proj.tasks.renamed")
    create_failed_task("failed-004")
    TaskMessage.objects.filter(task_id="failed-001").delete()
    with django_assert_num_queries(9):  # two of them read the permissions
        outcome = bulk_retry(operator, FAILED, Wish(), BulkOptions(dry_run=True, limit=4))
    assert [(item.outcome, item.refusal and item.refusal.code) for item in outcome.items] == [
        (ItemOutcome.PENDING, None),
        (ItemOutcome.SKIPPED, ErrorCode.ARGUMENTS_UNAVAILABLE),
        (ItemOutcome.PENDING, None),
        (ItemOutcome.SKIPPED, ErrorCode.TASK_NOT_REGISTERED),
    ]
    assert (outcome.matched_count, outcome.remaining_count) == (5, 1)
    assert sent == []
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    ("selection", "options", "code"),
    [
        (FAILED, BulkOptions(expected_count=9), ErrorCode.SELECTION_CHANGED),
        (FAILED, BulkOptions(limit=MAX_TASKS + 1), ErrorCode.INVALID_INPUT),
        (Selection(), BulkOptions(), ErrorCode.INVALID_INPUT),
        (Selection(filter=TaskResultFilter()), BulkOptions(), ErrorCode.INVALID_INPUT),
        (
            Selection(filter=TaskResultFilter(task_name=StringFilter(contains=""))),
            BulkOptions(),
            ErrorCode.INVALID_INPUT,
        ),
        (Selection(filter=TaskResultFilter(task_name=StringFilter())), BulkOptions(), ErrorCode.INVALID_INPUT),
        (
            Selection(filter=TaskResultFilter(or_=(TaskResultFilter(is_ready=True), TaskResultFilter()))),
            BulkOptions(),
            ErrorCode.INVALID_INPUT,
        ),
        (
            Selection(filter=TaskResultFilter(not_=TaskResultFilter(not_=TaskResultFilter()))),
            BulkOptions(),
            ErrorCode.INVALID_INPUT,
        ),
        (
            Selection(filter=TaskResultFilter(not_=TaskResultFilter(status=StringFilter(in_=())))),
            BulkOptions(),
            ErrorCode.INVALID_INPUT,
        ),
        *(
            (Selection(filter=where), BulkOptions(), ErrorCode.INVALID_INPUT)
            for where in (
                TaskResultFilter(id=KeyFilter(not_in=())),
                TaskResultFilter(not_=TaskResultFilter(id=KeyFilter(in_=()))),
                TaskResultFilter(not_=TaskResultFilter(retries=IntFilter(in_=()))),
                TaskResultFilter(args=StringFilter(not_in=())),
                TaskResultFilter(result_json=JSONFilter(path=("a",), not_in=())),
            )
        ),
        (Selection(ids=(1,), task_ids=("a",)), BulkOptions(), ErrorCode.INVALID_INPUT),
        (Selection(ids=tuple(range(MAX_TASKS + 1))), BulkOptions(), ErrorCode.SELECTION_TOO_LARGE),
    ],
)
def test_every_bulk_action_refuses_a_selection_that_is_unlimited_contradictory_or_too_large(
    selection: Selection,
    options: BulkOptions,
    code: ErrorCode,
    operator: Viewer,
    sent: list[str],
    acknowledged_broadcasts: list[list[str]],
) -> None:
    create_failed_tasks(2)
    for outcome in (
        bulk_retry(operator, selection, Wish(), options),
        bulk_revoke(operator, selection, revoke.Wish(), options),
        bulk_forget(operator, selection, options),
    ):
        assert refusal_codes(outcome) == [code]
    assert (sent, acknowledged_broadcasts) == ([], [])
    assert TaskResult.objects.count() == 2


def test_every_bulk_action_needs_its_permission(
    viewer_with: Callable[..., Viewer], sent: list[str], acknowledged_broadcasts: list[list[str]]
) -> None:
    create_failed_tasks(2)
    viewer = viewer_with(Action.VIEW)
    outcomes = [
        bulk_retry(viewer, FAILED, Wish(), BulkOptions()),
        bulk_revoke(viewer, FAILED, revoke.Wish(terminate=True), BulkOptions()),
        bulk_forget(viewer, FAILED, BulkOptions()),
    ]
    assert [refusal_codes(outcome) for outcome in outcomes] == [[ErrorCode.FORBIDDEN]] * 3
    assert (sent, acknowledged_broadcasts) == ([], [])
    assert TaskResult.objects.count() == 2


def test_bulk_delete_leaves_rows_that_the_policy_hides(operator: Viewer, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.OwnQueueOnly"}
    mine, theirs = create_failed_tasks(2)
    TaskResult.objects.filter(pk=mine.pk).update(queue="operator")
    outcome = bulk_forget(operator, Selection(task_ids=(mine.task_id, theirs.task_id)), BulkOptions())
    assert [item.task_id for item in outcome.items] == [mine.task_id]
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == [theirs.task_id]


@pytest.mark.parametrize(
    ("none", "some"),
    [
        (Selection(task_ids=("\0",)), Selection(task_ids=("failed-000", "\0"))),
        (Selection(task_ids=("\ud800",)), Selection(task_ids=("failed-000", "\ud800", "x" * 5_000))),
        (Selection(ids=(1 << 70,)), Selection(ids=(-1, 0, 1 << 70))),
    ],
)
def test_ids_that_no_row_can_have_select_nothing(none: Selection, some: Selection, operator: Viewer) -> None:
    create_failed_tasks(1)
    expected = 1 if some.task_ids else 0
    assert bulk_forget(operator, none, BulkOptions()).matched_count == 0
    assert bulk_forget(operator, some, BulkOptions()).done_count == expected


@over_redis
def test_bulk_revoke_broadcasts_once_for_all_tasks_of_a_batch(
    worker: Worker, operator: Viewer, revoke_broadcasts: list[list[str]]
) -> None:
    waiting = [
        create_task(add.apply_async((1, 1), queue=worker.queue, countdown=3_600).id, states.PENDING) for _ in range(20)
    ]
    outcome = bulk_revoke(
        operator, Selection(ids=tuple(task.pk for task in waiting)), revoke.Wish(wait=revoke.MAX_WAIT), BulkOptions()
    )
    assert (refusal_codes(outcome), outcome.done_count) == ([], 20)
    assert [sorted(task_ids) for task_ids in revoke_broadcasts] == [sorted(task.task_id for task in waiting)]
    for task in waiting:
        wait_for_state(task.task_id, states.REVOKED)
