"""When the message of a task is kept, and when it must not be."""

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
from tests.factories import create_failed_task, task_ref
from tests.tasks import add, fail, fail_first, retry_later
from tests.workers import RunWorker, publishing_to, wait_for_state

ADMIN = "admin:django_celery_results_taskresult"
KEEP, DISCARD, NOTHING = "keep", "discard", "nothing"


def request(**more: Any) -> Context:
    """What a worker knows of a task when it stores a state."""
    known = {
        "task": add.name, "id": "id", "args": [1, 2], "kwargs": {}, "argsrepr": "(1, 2)", "kwargsrepr": "{}",
        "delivery_info": {"exchange": "", "routing_key": "q", "priority": 0, "redelivered": False}, "retries": 0,
    }  # fmt: skip
    return Context(known | more)


def change(status: str, of: Any = None, task_id: str = "id") -> str:
    run = of or request()
    attempt = attempt_of(task_id, run)
    found = change_for(app=app, task_id=task_id, status=status, request=run, attempt=attempt)
    return {Keep: KEEP, Discard: DISCARD}.get(type(found), NOTHING)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("never", [NOTHING] * 5),
        ("failed", [NOTHING, KEEP, KEEP, KEEP, NOTHING]),
        ("started", [KEEP, KEEP, KEEP, KEEP, DISCARD]),
        ("always", [KEEP, KEEP, KEEP, KEEP, NOTHING]),  # the record of STARTED stays
    ],
)
def test_the_setting_says_when(mode: str, expected: list[str], settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"STORE_MESSAGES": mode}
    stored = [states.STARTED, states.RETRY, states.FAILURE, states.REVOKED, states.SUCCESS]
    assert [change(status) for status in stored] == expected


def test_by_default_messages_are_kept_only_with_extended_results() -> None:
    assert change(states.FAILURE) == KEEP
    app.conf.result_extended = False
    try:
        assert change(states.FAILURE) == NOTHING
    finally:
        app.conf.result_extended = True


@pytest.mark.parametrize(
    "more",
    [
        {"retries": 1}, {"delivery_info": {"redelivered": True, "routing_key": "q"}}, {"replaced_task_nesting": 1},
        {"headers": {"dcr_retry_of": "old"}}, {"headers": {GENERATION_HEADER: 1}},
    ],
)  # fmt: skip
def test_a_success_looks_for_a_record_only_where_one_can_be(more: dict[str, Any]) -> None:
    assert change(states.SUCCESS, request(**more)) == DISCARD


def test_only_a_run_speaks_for_its_own_id() -> None:
    assert change(states.FAILURE, request(), task_id="another") == NOTHING
    assert change(states.FAILURE, request(delivery_info=None)) == NOTHING
    assert change_for(app=app, task_id="id", status=states.FAILURE, request=None, attempt=None) is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"argsrepr": "(1, '***')"}, NOTHING),
        ({"kwargsrepr": "hidden"}, NOTHING),
        ({"argsrepr": "[1, 2]"}, KEEP),
        ({"argsrepr": None, "kwargsrepr": None}, KEEP),  # protocol 1 and eager tasks have none
        ({"argsrepr": "(1, '***')", "headers": {"dcr_hidden": False}}, KEEP),
        ({"headers": {"dcr_hidden": True}}, NOTHING),
    ],
)
def test_who_hides_arguments_has_them_hidden(more: dict[str, Any], expected: str) -> None:
    assert change(states.FAILURE, request(**more)) == expected


@pytest.mark.parametrize(
    ("word", "hidden", "expected"), [(False, False, NOTHING), (True, True, KEEP), (None, True, NOTHING)]
)
def test_a_task_has_a_word_of_its_own(word: bool | None, hidden: bool, expected: str) -> None:
    add.store_message = word  # type: ignore[attr-defined]
    try:
        assert change(states.FAILURE, request(headers={"dcr_hidden": hidden})) == expected
    finally:
        del add.store_message  # type: ignore[attr-defined]


def test_what_cannot_be_encoded_is_noted_and_the_state_is_stored_all_the_same() -> None:
    unencodable = request(args=[object()], argsrepr=None, kwargsrepr=None)
    found = change_for(app=app, task_id="id", status=states.FAILURE, request=unencodable, attempt=0)
    assert isinstance(found, Keep)
    assert found.record.body is None
    assert "json: EncodeError" in str(found.record.reason)


def test_no_error_in_a_record_keeps_a_state_from_being_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message, "_record", lambda *_: 1 / 0)
    assert change(states.FAILURE) == NOTHING


@pytest.mark.parametrize(
    ("options", "hidden"), [({}, False), ({"argsrepr": "('***',)"}, True), ({"kwargsrepr": "{}"}, False)]
)
def test_the_publisher_says_whether_it_hides(options: dict[str, Any], hidden: bool) -> None:
    seen: list[Any] = []

    def note(headers: dict[str, Any], **_: Any) -> None:
        seen.append(headers["dcr_hidden"])

    before_task_publish.connect(note)
    try:
        with publishing_to("memory://records"):
            fail.apply_async(("why",), **options)
    finally:
        before_task_publish.disconnect(note)
    assert seen == [hidden]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("protocol", [1, 2])
def test_a_worker_keeps_what_it_fails_and_nothing_else(protocol: int, run_worker: RunWorker) -> None:
    conf = {"task_protocol": protocol}
    results = {"STORE_MESSAGES": "failed"}
    with speaking(protocol), run_worker(celery=conf, results=results) as worker:
        fine = add.apply_async((1, 2), queue=worker.queue)
        wrong = fail_first.apply_async(("why", 2), {"n": 3}, queue=worker.queue)
        secret = fail.apply_async(("why",), queue=worker.queue, argsrepr="('***',)")
        wait_for_state(fine.id, states.SUCCESS)
        wait_for_state(wrong.id, states.FAILURE)
        wait_for_state(secret.id, states.FAILURE)
        kept = set(TaskMessage.objects.values_list("task_id", flat=True))
        # Protocol 1 carries no representations, so nobody can have hidden anything in them.
        assert kept == ({wrong.id, secret.id} if protocol == 1 else {wrong.id})

        again = retry(SYSTEM, task_ref(wrong.id))
        assert again.refusals == ()
        wait_for_state(str(again.task_id), states.SUCCESS)
        result: Any = app.AsyncResult(str(again.task_id)).result
        assert result["given"] == repr((["why", 2], {"n": 3}))


@contextmanager
def speaking(protocol: int) -> Iterator[None]:
    """Publish in this version of Celery's messages."""
    app.conf.task_protocol = protocol
    app.amqp.__dict__.pop("create_task_message", None)
    try:
        yield
    finally:
        app.conf.task_protocol = 2
        app.amqp.__dict__.pop("create_task_message", None)


@pytest.mark.django_db(transaction=True)
def test_an_eager_task_that_stores_results_is_kept_and_sent_again(sent: list[str]) -> None:
    app.conf.task_store_eager_result = fail_first.store_eager_result = True
    try:
        failed = fail_first.apply((1,), {"n": 2}, queue="slow")
    finally:
        app.conf.task_store_eager_result = fail_first.store_eager_result = False
    with publishing_to("memory://eager"):
        outcome = retry(SYSTEM, task_ref(str(failed.id)), dry_run=True)
        assert outcome.preview is not None
        assert (outcome.preview.args, outcome.preview.kwargs) == ([1], {"n": 2})
        assert sent == []
        assert retry(SYSTEM, task_ref(str(failed.id))).task_id in sent


@pytest.mark.django_db
def test_a_record_goes_with_its_row_whoever_deletes_it(admin_client: Client) -> None:
    rows = {how: create_failed_task(how) for how in ("backend", "row", "query", "action", "page", "list", "kept")}
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
def test_a_record_stands_or_falls_with_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    app.backend.store_result("id", ValueError("no"), states.FAILURE, request=request())
    assert TaskMessage.objects.get().task_id == "id"
    # A state that is not taken brings no record: this run is over, and a later one has succeeded.
    TaskResult.objects.create(task_id="done", status=states.SUCCESS)
    app.backend.store_result("done", ValueError("no"), states.FAILURE, request=request(id="done"))
    # Neither is stored without the other.
    monkeypatch.setattr(Keep, "apply", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        app.backend.store_result("other", ValueError("no"), states.FAILURE, request=request(id="other"))
    assert not TaskResult.objects.filter(task_id="other").exists()
    assert list(TaskMessage.objects.values_list("task_id", flat=True)) == ["id"]


@pytest.mark.django_db
def test_above_the_cap_the_state_is_stored_and_the_refusal_says_why(settings: Any, sent: list[str]) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_MAX_BYTES": 100}
    large = request(task=fail_first.name, args=["x" * 200], argsrepr=None, kwargsrepr=None)
    app.backend.store_result("id", ValueError("no"), states.FAILURE, request=large)
    (refusal,) = retry(SYSTEM, task_ref("id")).refusals
    assert (refusal.code, sent) == (ErrorCode.ARGUMENTS_UNAVAILABLE, [])
    assert "MESSAGE_MAX_BYTES" in refusal.message


@pytest.mark.django_db(transaction=True)
def test_successes_are_kept_where_that_is_set_and_tasks_between_two_tries_too(
    sent: list[str], run_worker: RunWorker
) -> None:
    with run_worker(results={"STORE_MESSAGES": "always"}) as worker:
        fine = add.apply_async((1,), {"y": 2}, queue=worker.queue)
        waiting = retry_later.apply_async((1, [2]), {"n": 3}, queue=worker.queue)
        wait_for_state(fine.id, states.SUCCESS)
        again = retry(SYSTEM, task_ref(fine.id), allow_states=[TaskState.SUCCESS])
        assert again.task_id in sent
        assert wait_for_state(str(again.task_id), states.SUCCESS).result == "3"
        wait_for_state(waiting.id, states.RETRY)
        preview = retry(SYSTEM, task_ref(waiting.id), allow_states=[TaskState.RETRY], dry_run=True).preview
    assert preview is not None
    assert (preview.args, preview.kwargs) == ([1, [2]], {"n": 3})
