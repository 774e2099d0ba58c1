"""Refused retries: each has one code and a message, sends nothing and creates no row."""

import base64
import json
import pickle
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, states
from django.contrib.auth.models import User
from django.utils import timezone

from django_celery_results import registered_tasks
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import bulk_retry
from django_celery_results.actions.outcome import ErrorCode, RetryOutcome
from django_celery_results.actions.retry import (
    RetryOverrides,
    Wish,
    blockers,
    blockers_for,
    blockers_within,
    retry,
)
from django_celery_results.actions.selection import Selection
from django_celery_results.message_codec import decode
from django_celery_results.models import Operation, TaskMessage, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM, Viewer
from django_celery_results.query.session import Session
from django_celery_results.query.tasks import TaskRef
from django_celery_results.states import TaskState, state_of
from tests.actions.concurrency import run_concurrently
from tests.actions.outcomes import refusal_codes
from tests.celery_app import app
from tests.factories import QUEUE, create_failed_task, create_task, task_ref
from tests.tasks import add, fail_first

pytestmark = pytest.mark.django_db


def refused(outcome: RetryOutcome, sent: list[str]) -> ErrorCode:
    """Assert that nothing was sent and no row created; return the one code of the refusal."""
    assert sent == []
    assert not TaskResult.objects.filter(retried_from__isnull=False).exists()
    (refusal,) = outcome.refusals
    assert refusal.message
    return refusal.code


def test_missing_permission_is_named_and_recorded(viewer_with: Callable[..., Viewer], sent: list[str]) -> None:
    original = create_failed_task()
    viewer = viewer_with(*set(Action) - {Action.RETRY})
    outcome = retry(viewer, task_ref(original))
    assert refused(outcome, sent) == ErrorCode.FORBIDDEN
    assert outcome.refusals[0].permission == "django_celery_results.retry_taskresult"
    assert [operation.error_code for operation in Operation.objects.all()] == ["FORBIDDEN"]


@pytest.fixture
def this_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no minute end."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


def test_refusal_for_want_of_a_permission_records_no_input(viewer_with: Callable[..., Viewer], sent: list[str]) -> None:
    original = create_failed_task()
    overrides = RetryOverrides(args=["zebra"])
    refused_retry = retry(viewer_with(Action.VIEW), task_ref(original), overrides=overrides, reason="why not")
    assert refused(refused_retry, sent) == ErrorCode.FORBIDDEN
    bulk_retry(Viewer(user=User.objects.get()), Selection(task_ids=("zebra",)), Wish(), BulkOptions())
    operations = list(Operation.objects.order_by("pk"))
    assert [(each.error_code, each.reason) for each in operations] == [("FORBIDDEN", "why not"), ("FORBIDDEN", None)]
    assert [set(json.loads(each.input)) for each in operations] == [{"fingerprint"}] * 2
    able = viewer_with(*Action, name="able")
    assert refusal_codes(retry(able, task_ref(create_task("fine")), overrides=overrides)) == [
        ErrorCode.ALREADY_FINISHED
    ]
    assert "zebra" in Operation.objects.get(error_code="ALREADY_FINISHED").input


@pytest.mark.usefixtures("this_minute")
@pytest.mark.parametrize("kept", [0, 2])
def test_refusals_beyond_those_kept_per_minute_are_counted(
    viewer_with: Callable[..., Viewer], settings: Any, kept: int
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REFUSALS_KEPT_PER_MINUTE": kept}
    original = create_failed_task()
    ann, bob = (viewer_with(Action.VIEW, name=name) for name in ("ann", "bob"))
    outcomes = [retry(viewer, task_ref(original)) for viewer in (ann, ann, bob, ann, ann, ann)]
    assert [refusal_codes(outcome) for outcome in outcomes] == [[ErrorCode.FORBIDDEN]] * 6
    assert sum(outcome.operation is not None for outcome in outcomes) == kept + min(kept, 1)
    of_ann = Operation.objects.filter(actor_name="ann", actor_id=ann.pk)
    assert of_ann.filter(action="retry").count() == kept
    [counted] = of_ann.filter(action="refusals")
    assert json.loads(counted.outcome) == {"count": 5 - kept}
    assert f"{5 - kept} more refusals" in str(counted.reason)
    assert Operation.objects.filter(actor_name="bob", action="refusals").exists() is (kept == 0)


@pytest.mark.usefixtures("this_minute")
@pytest.mark.django_db(transaction=True)
def test_concurrent_refusals_are_counted_by_one_operation(viewer_with: Callable[..., Viewer], settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REFUSALS_KEPT_PER_MINUTE": 0}
    ann, original = viewer_with(Action.VIEW), create_failed_task()
    outcomes = run_concurrently(8, lambda: retry(ann, task_ref(original)))
    assert [refusal_codes(outcome) for outcome in outcomes] == [[ErrorCode.FORBIDDEN]] * 8
    [counted] = Operation.objects.all()
    assert json.loads(counted.outcome) == {"count": 8}


@pytest.mark.usefixtures("this_minute")
def test_next_minute_has_room_for_refusals_again(
    viewer_with: Callable[..., Viewer], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REFUSALS_KEPT_PER_MINUTE": 1}
    ann, original = viewer_with(Action.VIEW), create_failed_task()
    for _ in range(2):
        for _ in range(3):
            retry(ann, task_ref(original))
        later = timezone.now() + timedelta(minutes=1)
        monkeypatch.setattr(timezone, "now", lambda later=later: later)
    assert (
        list(Operation.objects.order_by("pk").values_list("action", "outcome"))
        == [
            ("retry", '{"message": "This needs the permission django_celery_results.retry_taskresult."}'),
            ("refusals", '{"count": 2}'),
        ]
        * 2
    )


def test_parts_of_a_bulk_action_are_all_recorded(operator: Viewer, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REFUSALS_KEPT_PER_MINUTE": 1}
    ids = tuple(create_task(f"t{number}").task_id for number in range(4))
    assert bulk_retry(operator, Selection(task_ids=ids), Wish(), BulkOptions()).skipped_count == 4
    assert Operation.objects.filter(bulk__isnull=False, state="refused").count() == 4


def test_viewer_without_view_permission_cannot_tell_whether_a_task_exists(
    viewer_with: Callable[..., Viewer], sent: list[str]
) -> None:
    create_failed_task()
    viewer = viewer_with(Action.RETRY)
    outcomes = [retry(viewer, task_ref(task_id)) for task_id in ("failed", "unknown")]
    assert {refused(outcome, sent) for outcome in outcomes} == {ErrorCode.FORBIDDEN}
    assert [outcome.original for outcome in outcomes] == [None, None]
    assert outcomes[0].refusals == outcomes[1].refusals


def test_anonymous_viewer_is_refused_and_not_recorded(sent: list[str]) -> None:
    outcome = retry(Viewer(), task_ref(create_failed_task()))
    assert refused(outcome, sent) == ErrorCode.FORBIDDEN
    assert not Operation.objects.exists()


def test_task_that_the_policy_hides_is_not_found(operator: Viewer, sent: list[str], settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.OwnQueueOnly"}
    assert refused(retry(operator, task_ref(create_failed_task())), sent) == ErrorCode.NOT_FOUND


def test_retry_reads_the_task_from_the_database_it_writes_to(operator: Viewer, sent: list[str], settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"DATABASE_FOR_READS": "no-such-alias"}
    outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(queue=QUEUE))
    assert outcome.task_id in sent


def test_override_to_a_queue_that_the_policy_hides_is_refused(operator: Viewer, sent: list[str], settings: Any) -> None:
    mine = create_failed_task()
    TaskResult.objects.filter(pk=mine.pk).update(queue=operator.username)
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.OwnQueueOnly"}
    wish = Wish(overrides=RetryOverrides(queue="another"))
    many = bulk_retry(operator, Selection(ids=(mine.pk,)), wish, BulkOptions())
    one = retry(operator, task_ref(mine), overrides=wish.overrides)
    for outcome in (many, one):
        [refusal] = outcome.refusals
        assert (refusal.code, refusal.path) == (ErrorCode.INVALID_INPUT, ("overrides", "queue"))
    assert sent == []
    assert retry(operator, task_ref(mine), overrides=RetryOverrides(queue=operator.username)).task_id in sent


def test_policy_can_forbid_the_retry_of_one_task(operator: Viewer, sent: list[str], settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.NoRetryOfFailFirst"}
    assert refused(retry(operator, task_ref(create_failed_task())), sent) == ErrorCode.TASK_NOT_ALLOWED


@pytest.mark.parametrize("status", [states.PENDING, states.STARTED, states.RETRY, "PROGRESS"])
def test_unfinished_task_is_refused_unless_its_state_is_allowed(status: str, operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task(status=status)
    assert refused(retry(operator, task_ref(original)), sent) == ErrorCode.NOT_FINISHED
    allowed = retry(operator, task_ref(original), allow_states=[state_of(status)])
    assert allowed.task_id in sent


def test_successful_task_is_refused_unless_its_state_is_allowed(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task(status=states.SUCCESS)
    assert refused(retry(operator, task_ref(original)), sent) == ErrorCode.ALREADY_FINISHED
    assert retry(operator, task_ref(original), allow_states=[TaskState.SUCCESS]).task_id in sent


def test_representations_of_arguments_are_never_evaluated(operator: Viewer, sent: list[str]) -> None:
    create_task("old", states.FAILURE, task_name=add.name, task_args="\"(1, __import__('os').abort())\"")
    assert refused(retry(operator, task_ref("old")), sent) == ErrorCode.ARGUMENTS_UNAVAILABLE


@pytest.mark.parametrize("name", ["os.system", "never_imported.task", "tests.tasks.gone", ""])
def test_task_name_is_looked_up_and_never_imported(
    name: str, operator: Viewer, sent: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "never_imported.py").write_text("task = print")
    monkeypatch.syspath_prepend(str(tmp_path))
    create_failed_task(task_name=name)
    assert refused(retry(operator, task_ref("failed")), sent) == ErrorCode.TASK_NOT_REGISTERED
    assert "never_imported" not in sys.modules


class TouchesFileWhenUnpickled:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_pickled_message_is_not_loaded_unless_the_app_accepts_pickle(
    operator: Viewer, sent: list[str], tmp_path: Path
) -> None:
    body = base64.b64encode(pickle.dumps([[TouchesFileWhenUnpickled(tmp_path / "touched")], {}, {}])).decode()
    create_failed_task()
    TaskMessage.objects.update(serializer="pickle", body=body)
    assert refused(retry(operator, task_ref("failed"), dry_run=True), sent) == ErrorCode.ARGUMENTS_UNAVAILABLE
    assert refused(retry(operator, task_ref("failed")), sent) == ErrorCode.ARGUMENTS_UNAVAILABLE
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    "columns",
    [
        {"body": "not json"}, {"body": "[]"}, {"body": "[1, 2, 3]"}, {"body": '["ab", {}, {}]'},
        {"body": "[[], {}, null]"}, {"options": "nonsense"}, {"options": "[]"}, {"serializer": "unheard-of"},
        {"serializer": None, "body": None, "reason": "too large"}, {"is_encrypted": True},
    ],
)  # fmt: skip
def test_unreadable_message_record_is_refused(columns: dict[str, Any], operator: Viewer, sent: list[str]) -> None:
    create_failed_task()
    TaskMessage.objects.update(**columns)
    assert refused(retry(operator, task_ref("failed")), sent) == ErrorCode.ARGUMENTS_UNAVAILABLE


@pytest.mark.parametrize(
    "args",
    [
        [[1], {}, {"callbacks": [{"task": "tests.tasks.add"}]}],
        [{"task": "os.system", "serializer": "pickle", "body": "gASVAAAA"}],
    ],
)
def test_arguments_that_look_like_a_message_are_sent_as_arguments(
    args: list[Any], operator: Viewer, sent: list[str]
) -> None:
    original = create_failed_task()
    outcome = retry(operator, task_ref(original), overrides=RetryOverrides(args=args))
    message = decode(app, TaskMessage.objects.get(task_id=outcome.task_id))
    assert (message.task_name, message.args, message.embedded) == (fail_first.name, args, {"errbacks": None})


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        ({"headers": {"task": "tests.tasks.add"}}, "headers"),
        ({"headers": {"ID": "x"}}, "headers"),
        ({"headers": {"dcr_retry_of": "x"}}, "headers"),
        ({"headers": {"x-death": []}}, "headers"),
        ({"headers": {"": 1}}, "headers"),
        ({"headers": {"ü" * 128: 1}}, "headers"),
        ({"args": "abc"}, "args"),
        ({"kwargs": {1: 2}}, "kwargs"),
        ({"queue": ""}, "queue"),
        ({"queue": "a\x06\x16b"}, "queue"),
        ({"queue": "\ud800"}, "queue"),
        ({"queue": "ü" * 128}, "queue"),
        ({"priority": -1}, "priority"),
        ({"countdown": float("nan")}, "countdown"),
        ({"countdown": 1, "eta": timezone.now()}, "countdown"),
        ({"expires": timezone.now() - timedelta(days=1)}, "expires"),
    ],
)
def test_invalid_override_is_refused_with_its_path(
    overrides: dict[str, Any], path: str, operator: Viewer, sent: list[str]
) -> None:
    outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(**overrides))
    assert refused(outcome, sent) == ErrorCode.INVALID_INPUT
    assert outcome.refusals[0].path == ("overrides", path)


def test_arguments_must_match_the_current_signature_of_the_task(operator: Viewer, sent: list[str]) -> None:
    original = create_failed_task("failed", 1, task_name=add.name)
    outcome = retry(operator, task_ref(original))
    assert refused(outcome, sent) == ErrorCode.INVALID_INPUT
    assert "(x, y)" in outcome.refusals[0].message
    assert retry(operator, task_ref(original), overrides=RetryOverrides(kwargs={"y": 2})).task_id in sent


def test_override_to_an_undeclared_queue_is_refused(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.amqp.queues, "create_missing", False)
    outcome = retry(operator, task_ref(create_failed_task()), overrides=RetryOverrides(queue="nowhere"))
    assert refused(outcome, sent) == ErrorCode.INVALID_INPUT


def test_retry_without_a_configured_celery_app_is_refused(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fallback = Celery("default", set_as_current=False)
    monkeypatch.setattr(registered_tasks, "get_current_app", lambda: fallback)
    assert refused(retry(operator, task_ref(create_failed_task())), sent) == ErrorCode.APP_NOT_CONFIGURED


def test_celery_app_setting_names_the_app_that_sends(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(registered_tasks, "get_current_app", lambda: Celery("default", set_as_current=False))
    settings.DJANGO_CELERY_RESULTS = {"CELERY_APP": "tests.celery_app:app"}
    assert retry(operator, task_ref(create_failed_task())).task_id in sent


def test_eager_app_that_stores_no_results_is_refused(
    operator: Viewer, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.conf, "task_always_eager", True)
    assert refused(retry(operator, task_ref(create_failed_task())), sent) == ErrorCode.APP_NOT_CONFIGURED


@pytest.mark.parametrize("wrong", [TaskRef(), TaskRef(id=1, task_id="x")])
def test_reference_must_name_exactly_one_task(wrong: TaskRef, operator: Viewer, sent: list[str]) -> None:
    assert refused(retry(operator, wrong), sent) == ErrorCode.INVALID_INPUT


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_idempotency_key_has_1_to_255_characters(key: str, operator: Viewer, sent: list[str]) -> None:
    outcome = retry(operator, task_ref(create_failed_task()), idempotency_key=key)
    assert refused(outcome, sent) == ErrorCode.INVALID_INPUT


def test_blockers_predict_the_refusals_of_a_retry(
    operator: Viewer, viewer_with: Callable[..., Viewer], sent: list[str], django_assert_num_queries: Any
) -> None:
    fine, running = create_failed_task("fine"), create_failed_task("running", status=states.STARTED)
    bare = create_task("bare", states.FAILURE)
    assert blockers(operator, fine) == []
    with django_assert_num_queries(2):
        found = blockers_for(SYSTEM, [fine, running, bare])
    assert [[refusal.code for refusal in found[task.pk]] for task in (fine, running, bare)] == [
        [],
        [ErrorCode.NOT_FINISHED],
        [ErrorCode.ARGUMENTS_UNAVAILABLE],
    ]
    retry(operator, task_ref(fine))
    assert [refusal.code for refusal in blockers(operator, fine)] == [ErrorCode.ALREADY_RETRIED]
    assert [refusal.code for refusal in blockers(viewer_with(name="guest"), fine)] == [ErrorCode.FORBIDDEN]


def test_blockers_within_a_session_are_those_of_each_row(operator: Viewer) -> None:
    session = Session(viewer=operator)
    rows = [
        create_failed_task(f"t{number}", status=states.STARTED if number % 2 else states.FAILURE)
        for number in range(20)
    ]
    for row in rows:
        expected = [ErrorCode.NOT_FINISHED] if row.status == states.STARTED else []
        assert [refusal.code for refusal in blockers_within(session, row)] == expected
