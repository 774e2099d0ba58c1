"""Many tasks at once: all or a part, carried on by the same key, and never one twice."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import states
from django.db import connection
from django.utils import timezone

from django_celery_results.actions import bulk, interrupted, retry_claims, retry_many, revoke, sending
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_forget, bulk_retry, bulk_revoke
from django_celery_results.actions.outcome import BulkOutcome, ErrorCode, ItemOutcome
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
from tests.celery_app import app
from tests.factories import create_failed_task
from tests.tasks import add
from tests.workers import Worker, publishing_to, wait_for_state

pytestmark = pytest.mark.django_db

FAILED = Selection(filter=TaskResultFilter(status=StringFilter(eq=states.FAILURE)))


@pytest.fixture
def broker() -> Any:
    with publishing_to("memory://bulk"):
        yield


def failed_tasks(count: int) -> list[TaskResult]:
    return [create_failed_task(f"failed-{number:03}") for number in range(count)]


def codes(outcome: BulkOutcome) -> list[ErrorCode]:
    return [refusal.code for refusal in outcome.refusals]


@pytest.mark.usefixtures("broker")
def test_all_that_match_are_sent_again_once(operator: Viewer, sent: list[str]) -> None:
    failed_tasks(3)
    TaskResult.objects.create(task_id="fine", status=states.SUCCESS)
    TaskResult.objects.create(task_id="bare", status=states.FAILURE)

    outcome = bulk_retry(operator, FAILED, Wish(), BulkOptions(expected_count=4, reason="deployed"))

    assert (outcome.matched_count, outcome.done_count, outcome.skipped_count, outcome.remaining_count) == (4, 3, 1, 0)
    assert [item.new_task_id for item in outcome.items if item.outcome is ItemOutcome.DONE] == sent
    skipped = outcome.items[-1]
    assert skipped.refusal is not None
    assert (skipped.task_id, skipped.refusal.code) == ("bare", ErrorCode.ARGUMENTS_UNAVAILABLE)
    assert outcome.operation is not None
    assert outcome.operation.state == OperationState.DONE
    assert outcome.operation.items.count() == 4


@pytest.mark.usefixtures("broker")
def test_the_same_key_goes_on_where_the_last_request_stopped(operator: Viewer, sent: list[str]) -> None:
    failed_tasks(5)
    options = BulkOptions(limit=2, idempotency_key="k")
    remaining = []
    for _ in range(4):
        outcome = bulk_retry(operator, FAILED, Wish(), options)
        create_failed_task(f"later-{len(remaining)}")  # what fails meanwhile is not drawn in
        remaining.append(outcome.remaining_count)
    assert remaining == [3, 1, 0, 0]
    assert len(sent) == 5
    assert outcome.done_count == 5


@pytest.mark.usefixtures("broker")
def test_a_request_that_is_interrupted_in_a_batch_sends_nothing_twice(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed_tasks(4)
    options = BulkOptions(idempotency_key="k")

    with monkeypatch.context() as patch:
        patch.setattr(sending, "publish", _dying_after(2, sending.publish))
        with pytest.raises(KeyboardInterrupt):
            bulk_retry(operator, FAILED, Wish(), options)
    assert len(sent) == 2
    outcome = bulk_retry(operator, FAILED, Wish(), options)
    assert (outcome.done_count, outcome.remaining_count, len(sent)) == (4, 0, 3)  # the third may have been out
    Operation.objects.filter(state=OperationState.CLAIMED).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert interrupted.heal(app) == 1
    assert sorted(sent) == sorted(str(row.task_id) for row in TaskResult.objects.filter(status=states.PENDING))


def _dying_after(calls: int, action: Callable[..., Any]) -> Callable[..., Any]:
    left = iter(range(calls))

    def act(*args: Any, **kwargs: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return action(*args, **kwargs)

    return act


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broker")
def test_two_who_retry_many_at_once_send_each_once(sent: list[str]) -> None:
    failed_tasks(60)
    outcomes: list[BulkOutcome] = []
    start = threading.Barrier(3)

    def press() -> None:
        try:
            start.wait()
            outcomes.append(bulk_retry(SYSTEM, FAILED, Wish(), BulkOptions()))
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sent) == 60
    assert sum(outcome.done_count for outcome in outcomes) == 60
    others = [item.refusal.code for outcome in outcomes for item in outcome.items if item.refusal]
    assert others == [ErrorCode.ALREADY_RETRIED] * 120
    assert Operation.objects.filter(action="retry").count() == 180


@pytest.mark.usefixtures("broker")
def test_a_server_that_tells_no_keys_of_inserted_rows_is_asked_for_them(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)
    failed_tasks(3)
    assert bulk_retry(operator, FAILED, Wish(), BulkOptions()).done_count == 3
    assert Operation.objects.filter(action="retry", state=OperationState.DONE).count() == len(sent) == 3


@pytest.mark.usefixtures("broker")
def test_one_message_that_is_too_large_leaves_the_others_alone(
    operator: Viewer, sent: list[str], settings: Any
) -> None:
    small, large = failed_tasks(2)
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 200}
    TaskMessage.objects.filter(task_id=large.task_id).update(body=json.dumps([["x" * 300], {}, {}]))
    outcome = bulk_retry(operator, FAILED, Wish(), BulkOptions())
    assert [item.refusal and item.refusal.code for item in outcome.items] == [None, ErrorCode.ARGUMENTS_UNAVAILABLE]
    assert [row.retried_from for row in TaskResult.objects.filter(task_id__in=sent)] == [small.task_id]


@pytest.mark.usefixtures("broker")
def test_long_messages_are_taken_in_parts(operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_many, "_CHARACTERS", 400)
    taken: list[int] = []
    take = retry_claims.take
    monkeypatch.setattr(retry_claims, "take", lambda wish, found: taken.append(len(found)) or take(wish, found))
    rows = [create_failed_task(f"failed-{length}", "x" * length) for length in (10, 20, 1_000, 30)]
    assert bulk_retry(operator, FAILED, Wish(), BulkOptions()).done_count == len(sent) == len(rows)
    assert taken == [2, 1, 1]


def test_with_the_broker_down_it_stops_and_goes_on_later(operator: Viewer, sent: list[str]) -> None:
    failed_tasks(3)
    options = BulkOptions(idempotency_key="k")
    with publishing_to("redis://127.0.0.1:1/0"):
        outcome = bulk_retry(operator, FAILED, Wish(), options)
    assert codes(outcome) == [ErrorCode.BROKER_UNREACHABLE]
    assert (outcome.done_count, outcome.remaining_count) == (0, 3)
    with publishing_to("memory://bulk"):
        assert bulk_retry(operator, FAILED, Wish(), options).done_count == 3


def test_what_makes_no_sense_for_any_task_is_refused_once(operator: Viewer, sent: list[str]) -> None:
    failed_tasks(2)
    outcome = bulk_retry(operator, FAILED, Wish(overrides=RetryOverrides(countdown=-1)), BulkOptions())
    assert codes(outcome) == [ErrorCode.INVALID_INPUT]
    assert outcome.refusals[0].path == ("overrides", "countdown")
    assert Operation.objects.count() == 1


@pytest.mark.usefixtures("broker")
def test_the_selection_stands_in_the_order_alone_and_not_in_each_of_its_tasks(operator: Viewer) -> None:
    rows = failed_tasks(3)
    bulk_retry(operator, Selection(ids=tuple(row.pk for row in rows)), Wish(allow_retried=True), BulkOptions())
    whole, *parts = (json.loads(operation.input) for operation in Operation.objects.order_by("pk"))
    assert whole["select"] == {"ids": [row.pk for row in rows]}
    assert [("select" in part, part["allow_retried"]) for part in parts] == [(False, True)] * 3


@pytest.mark.usefixtures("broker")
def test_a_key_is_not_good_for_other_states(operator: Viewer, sent: list[str]) -> None:
    failed_tasks(1)
    options = BulkOptions(idempotency_key="k")
    bulk_retry(operator, FAILED, Wish(), options)
    changed = bulk_retry(operator, FAILED, Wish(allow_states=(TaskState.SUCCESS,)), options)
    assert codes(changed) == [ErrorCode.DUPLICATE_REQUEST]


@pytest.mark.usefixtures("broker")
def test_time_ends_a_request_too(operator: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    failed_tasks(2)
    monkeypatch.setattr(bulk, "SECONDS", 0.0)
    assert bulk_retry(operator, FAILED, Wish(), BulkOptions()).remaining_count == 2


def test_a_dry_run_tells_and_does_nothing(operator: Viewer, sent: list[str], django_assert_num_queries: Any) -> None:
    failed_tasks(3)
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
def test_a_selection_that_is_not_meant_so_is_refused(
    selection: Selection, options: BulkOptions, code: ErrorCode, operator: Viewer, sent: list[str]
) -> None:
    failed_tasks(2)
    for outcome in (
        bulk_retry(operator, selection, Wish(), options),
        bulk_revoke(operator, selection, revoke.Wish(), options),
        bulk_forget(operator, selection, options),
    ):
        assert codes(outcome) == [code]
    assert sent == []
    assert TaskResult.objects.count() == 2


def test_each_needs_its_permission(viewer_with: Callable[..., Viewer], sent: list[str]) -> None:
    failed_tasks(2)
    viewer = viewer_with(Action.VIEW)
    outcomes = [
        bulk_retry(viewer, FAILED, Wish(), BulkOptions()),
        bulk_revoke(viewer, FAILED, revoke.Wish(terminate=True), BulkOptions()),
        bulk_forget(viewer, FAILED, BulkOptions()),
    ]
    assert [codes(outcome) for outcome in outcomes] == [[ErrorCode.FORBIDDEN]] * 3
    assert sent == []
    assert TaskResult.objects.count() == 2


@pytest.mark.usefixtures("broker")
def test_rows_of_others_are_not_drawn_in(operator: Viewer, sent: list[str], settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.OnlyOwnQueue"}
    mine, theirs = failed_tasks(2)
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
def test_what_no_row_can_be_called_selects_none(none: Selection, some: Selection, operator: Viewer) -> None:
    failed_tasks(1)
    expected = 1 if some.task_ids else 0
    assert bulk_forget(operator, none, BulkOptions()).matched_count == 0
    assert bulk_forget(operator, some, BulkOptions()).done_count == expected


def test_deleting_takes_a_few_statements_for_a_batch(operator: Viewer, django_assert_max_num_queries: Any) -> None:
    failed_tasks(40)
    with django_assert_max_num_queries(24):
        outcome = bulk_forget(operator, FAILED, BulkOptions())
    assert outcome.done_count == 40
    assert not TaskResult.objects.exists()
    assert not TaskMessage.objects.exists()
    assert Operation.objects.filter(action="forget", state=OperationState.DONE).count() == 40


@pytest.mark.parametrize("worker", ["redis"], indirect=True)
@pytest.mark.django_db(transaction=True)
def test_workers_are_told_of_many_tasks_at_once(
    worker: Worker, operator: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    real = app.control.revoke
    monkeypatch.setattr(app.control, "revoke", lambda ids, **options: told.append(len(ids)) or real(ids, **options))
    waiting = [
        TaskResult.objects.create(task_id=add.apply_async((1, 1), queue=worker.queue, countdown=3_600).id)
        for _ in range(20)
    ]
    outcome = bulk_revoke(
        operator, Selection(ids=tuple(task.pk for task in waiting)), revoke.Wish(), BulkOptions(reason="not needed")
    )
    assert outcome.refusals == ()
    assert outcome.done_count == 20
    assert told == [20]
    for task in waiting:
        wait_for_state(task.task_id, states.REVOKED)
