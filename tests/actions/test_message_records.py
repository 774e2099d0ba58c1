"""When the record of a task's message is stored, discarded or left alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import states
from celery.app.task import Context
from celery.signals import before_task_publish
from django.test import Client
from django.urls import reverse

from django_celery_results import message
from django_celery_results.actions.forget import forget
from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.actions.retry import retry
from django_celery_results.facts import attempt_of
from django_celery_results.message import Discard, Keep, change_for
from django_celery_results.models import TaskMessage, TaskResult
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.states import GENERATION_HEADER, TaskState
from tests.celery_app import app
from tests.factories import create_failed_task, create_task, task_ref
from tests.tasks import add, fail, fail_first, retry_later
from tests.workers import RunWorker, wait_for_state

ADMIN = "admin:django_celery_results_taskresult"
KEEP, DISCARD, NOTHING = "keep", "discard", "nothing"
"""What a state that is stored does to the record."""


def request(**changes: Any) -> Context:
    """Make the request of a task as a worker has it when it stores a state."""
    fields = {
        "task": add.name, "id": "id", "args": [1, 2], "kwargs": {}, "argsrepr": "(1, 2)", "kwargsrepr": "{}",
        "delivery_info": {"exchange": "", "routing_key": "q", "priority": 0, "redelivered": False}, "retries": 0,
    }  # fmt: skip
    return Context(fields | changes)


def change_of_record(status: str, of: Any = None, task_id: str = "id") -> str:
    """Return what the record of a request undergoes when this state is stored."""
    of = of or request()
    change = change_for(app=app, task_id=task_id, status=status, request=of, attempt=attempt_of(task_id, of))
    return {Keep: KEEP, Discard: DISCARD}.get(type(change), NOTHING)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("never", [NOTHING] * 5),
        ("failed", [NOTHING, KEEP, KEEP, KEEP, NOTHING]),
        ("started", [KEEP, KEEP, KEEP, KEEP, DISCARD]),
        ("always", [KEEP, KEEP, KEEP, KEEP, NOTHING]),  # the record of STARTED stays
    ],
)
def test_store_messages_setting_decides_which_states_keep_the_record(
    mode: str, expected: list[str], settings: Any
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"STORE_MESSAGES": mode}
    stored = [states.STARTED, states.RETRY, states.FAILURE, states.REVOKED, states.SUCCESS]
    assert [change_of_record(status) for status in stored] == expected


def test_default_keeps_records_only_with_result_extended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert change_of_record(states.FAILURE) == KEEP
    monkeypatch.setattr(app.conf, "result_extended", False)
    assert change_of_record(states.FAILURE) == NOTHING


@pytest.mark.parametrize(
    "changes",
    [
        {"retries": 1}, {"delivery_info": {"redelivered": True, "routing_key": "q"}}, {"replaced_task_nesting": 1},
        {"headers": {"dcr_retry_of": "old"}}, {"headers": {GENERATION_HEADER: 1}},
    ],
)  # fmt: skip
def test_success_discards_a_record_where_an_earlier_run_can_have_left_one(changes: dict[str, Any]) -> None:
    assert change_of_record(states.SUCCESS) == NOTHING
    assert change_of_record(states.SUCCESS, request(**changes)) == DISCARD


def test_request_changes_only_the_record_of_its_own_id() -> None:
    assert change_of_record(states.FAILURE, request(), task_id="another") == NOTHING
    assert change_of_record(states.FAILURE, request(delivery_info=None)) == NOTHING
    assert change_for(app=app, task_id="id", status=states.FAILURE, request=None, attempt=None) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"argsrepr": "(1, '***')"}, NOTHING),
        ({"kwargsrepr": "hidden"}, NOTHING),
        ({"argsrepr": "[1, 2]"}, KEEP),
        ({"argsrepr": None, "kwargsrepr": None}, KEEP),  # protocol 1 and eager tasks have none
        ({"argsrepr": "(1, '***')", "headers": {"dcr_hidden": False}}, KEEP),
        ({"headers": {"dcr_hidden": True}}, NOTHING),
    ],
)
def test_hidden_arguments_are_not_kept(changes: dict[str, Any], expected: str) -> None:
    assert change_of_record(states.FAILURE, request(**changes)) == expected


@pytest.mark.parametrize(
    ("store_message", "is_hidden", "expected"), [(False, False, NOTHING), (True, True, KEEP), (None, True, NOTHING)]
)
def test_store_message_of_a_task_overrides_the_setting(
    store_message: bool | None, is_hidden: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(add, "store_message", store_message, raising=False)
    assert change_of_record(states.FAILURE, request(headers={"dcr_hidden": is_hidden})) == expected


def test_arguments_that_cannot_be_encoded_leave_a_record_with_the_reason() -> None:
    unencodable = request(args=[object()], argsrepr=None, kwargsrepr=None)
    change = change_for(app=app, task_id="id", status=states.FAILURE, request=unencodable, attempt=0)
    assert isinstance(change, Keep)
    assert change.record.body is None
    assert "json: EncodeError" in str(change.record.reason)


@pytest.mark.django_db
def test_error_while_a_record_is_made_does_not_stop_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message, "_record", lambda *_: 1 / 0)
    app.backend.store_result("id", ValueError("no"), states.FAILURE, request=request())
    assert TaskResult.objects.get().status == states.FAILURE
    assert not TaskMessage.objects.exists()


@pytest.mark.parametrize(
    ("options", "is_hidden"), [({}, False), ({"argsrepr": "('***',)"}, True), ({"kwargsrepr": "{}"}, False)]
)
def test_published_message_says_whether_arguments_are_hidden(options: dict[str, Any], is_hidden: bool) -> None:
    headers_seen: list[Any] = []

    def collect(headers: dict[str, Any], **_: Any) -> None:
        headers_seen.append(headers["dcr_hidden"])

    before_task_publish.connect(collect)
    try:
        fail.apply_async(("why",), **options)
    finally:
        before_task_publish.disconnect(collect)
    assert headers_seen == [is_hidden]


@pytest.mark.parametrize("protocol", [1, 2])
def test_worker_keeps_messages_of_failures_only(protocol: int, run_worker: RunWorker) -> None:
    celery, results = {"task_protocol": protocol}, {"STORE_MESSAGES": "failed"}
    with task_protocol(protocol), run_worker(celery=celery, results=results) as worker:
        succeeding = add.apply_async((1, 2), queue=worker.queue)
        failing = fail_first.apply_async(("why", 2), {"n": 3}, queue=worker.queue)
        hidden = fail.apply_async(("why",), queue=worker.queue, argsrepr="('***',)")
        wait_for_state(succeeding.id, states.SUCCESS)
        wait_for_state(failing.id, states.FAILURE)
        wait_for_state(hidden.id, states.FAILURE)
        kept = set(TaskMessage.objects.values_list("task_id", flat=True))
        # Protocol 1 carries no representations, so nobody can have hidden anything in them.
        assert kept == ({failing.id, hidden.id} if protocol == 1 else {failing.id})

        outcome = retry(SYSTEM, task_ref(failing.id))
        assert outcome.refusals == ()
        wait_for_state(str(outcome.task_id), states.SUCCESS)
        result: Any = app.AsyncResult(str(outcome.task_id)).result
        assert result["given"] == repr((["why", 2], {"n": 3}))


@contextmanager
def task_protocol(protocol: int) -> Iterator[None]:
    """Let this process publish in this version of Celery's message protocol."""
    app.conf.task_protocol = protocol
    app.amqp.__dict__.pop("create_task_message", None)
    try:
        yield
    finally:
        app.conf.task_protocol = 2
        app.amqp.__dict__.pop("create_task_message", None)


@pytest.mark.django_db
def test_eager_task_that_stores_its_result_can_be_retried(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(app.conf, "task_store_eager_result", True)
        patch.setattr(fail_first, "store_eager_result", True)
        failed = fail_first.apply((1,), {"n": 2}, queue="slow")
    outcome = retry(SYSTEM, task_ref(str(failed.id)), dry_run=True)
    assert outcome.preview is not None
    assert (outcome.preview.args, outcome.preview.kwargs) == ([1], {"n": 2})
    assert sent == []
    assert retry(SYSTEM, task_ref(str(failed.id))).task_id in sent


@pytest.mark.django_db
def test_record_is_deleted_with_its_row_by_every_way_to_delete(admin_client: Client) -> None:
    rows = {way: create_failed_task(way) for way in ("backend", "row", "query", "action", "page", "list", "kept")}
    app.backend.forget("backend")
    rows["row"].delete()
    TaskResult.objects.filter(task_id="query").delete()
    forget(SYSTEM, task_ref("action"))
    admin_client.post(reverse(f"{ADMIN}_delete", args=[rows["page"].pk]), {"post": "yes"})
    selected = {"action": "delete_selected", "_selected_action": [rows["list"].pk], "post": "yes"}
    admin_client.post(reverse(f"{ADMIN}_changelist"), selected)
    assert list(TaskResult.objects.values_list("task_id", flat=True)) == ["kept"]
    assert list(TaskMessage.objects.values_list("task_id", flat=True)) == ["kept"]


@pytest.mark.django_db
def test_record_is_stored_with_the_state_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    app.backend.store_result("id", ValueError("no"), states.FAILURE, request=request())
    assert TaskMessage.objects.get().task_id == "id"
    # A state that is refused brings no record: this run is over, and a later one has succeeded.
    create_task("done", states.SUCCESS)
    app.backend.store_result("done", ValueError("no"), states.FAILURE, request=request(id="done"))
    # A record that fails takes the state with it.
    monkeypatch.setattr(Keep, "apply", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        app.backend.store_result("other", ValueError("no"), states.FAILURE, request=request(id="other"))
    assert not TaskResult.objects.filter(task_id="other").exists()
    assert list(TaskMessage.objects.values_list("task_id", flat=True)) == ["id"]


@pytest.mark.django_db
def test_message_above_the_limit_is_not_kept_and_the_refusal_names_the_setting(settings: Any, sent: list[str]) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 100}
    large = request(task=fail_first.name, args=["x" * 200], argsrepr=None, kwargsrepr=None)
    app.backend.store_result("id", ValueError("no"), states.FAILURE, request=large)
    (refusal,) = retry(SYSTEM, task_ref("id")).refusals
    assert (refusal.code, sent) == (ErrorCode.ARGUMENTS_UNAVAILABLE, [])
    assert "MESSAGE_MAX_BYTES" in refusal.message


def test_store_messages_always_keeps_successes_and_tasks_between_two_tries(
    sent: list[str], run_worker: RunWorker
) -> None:
    with run_worker(results={"STORE_MESSAGES": "always"}) as worker:
        succeeded = add.apply_async((1,), {"y": 2}, queue=worker.queue)
        between = retry_later.apply_async((1, [2]), {"n": 3}, queue=worker.queue)
        wait_for_state(succeeded.id, states.SUCCESS)
        outcome = retry(SYSTEM, task_ref(succeeded.id), allow_states=[TaskState.SUCCESS])
        assert outcome.task_id in sent
        assert wait_for_state(str(outcome.task_id), states.SUCCESS).result == "3"
        wait_for_state(between.id, states.RETRY)
        preview = retry(SYSTEM, task_ref(between.id), allow_states=[TaskState.RETRY], dry_run=True).preview
    assert preview is not None
    assert (preview.args, preview.kwargs) == ([1, [2]], {"n": 3})
