"""Arguments and values that chords and messages keep for others: no longer, and no more openly, than is documented."""

import uuid
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
from celery import Celery, Signature, states
from celery.app.task import Context

from django_celery_results.actions.outcome import ErrorCode, RetryOutcome
from django_celery_results.actions.retry import RetryScope, retry
from django_celery_results.chord_rows import Part
from django_celery_results.models import Chord, ChordPart, ChordState, TaskMessage
from django_celery_results.policy.viewer import SYSTEM
from tests.celery_app import NOWHERE, app
from tests.chords.tasks import identity
from tests.factories import task_ref
from tests.tasks import add, echo, fail_first

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "correct horse battery staple"


class Reversed:
    """A cipher that a test can see through."""

    def encrypt(self, data: bytes) -> bytes:
        return data[::-1]

    def decrypt(self, data: bytes) -> bytes:
        return data[::-1]


@pytest.fixture
def cipher(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"MESSAGE_CIPHER": f"{__name__}.Reversed"}


@pytest.fixture
def keeps_no_messages() -> Iterator[None]:
    app.conf.result_extended = False
    yield
    app.conf.result_extended = True


@pytest.fixture
def hushed_echo(monkeypatch: pytest.MonkeyPatch) -> Signature:
    """A signature of a task that says of itself that its messages are not to be kept."""
    monkeypatch.setattr(echo, "store_message", False, raising=False)
    return echo.s(SECRET)


def stored_text() -> str:
    """All text that chords, their parts and messages hold."""
    texts = [*Chord.objects.values_list("body", flat=True), *ChordPart.objects.values_list("result", flat=True)]
    for record in TaskMessage.objects.all():
        texts += [record.body, record.options]
    return "\n".join(filter(None, texts))


def start_chord(body: Signature, size: int) -> tuple[str, dict[str, Any]]:
    group_id, body = uuid.uuid4().hex, body.set(task_id=uuid.uuid4().hex, queue=NOWHERE)
    app.backend.apply_chord((group_id, []), body)
    app.backend.set_chord_size(group_id, size)
    return group_id, dict(body)


def finish_member(group_id: str, body: dict[str, Any], index: int, result: Any = None, **request: Any) -> None:
    details = {"id": f"{group_id}-{index}", "task": "t", "group": group_id, "group_index": index, "chord": body}
    member = Context({**details, "headers": {}, **request})
    if isinstance(result, Exception):
        app.backend.mark_as_failure(member.id, result, request=member)
    else:
        app.backend.mark_as_done(member.id, result, member, store_result=not request.get("ignore_result"))


def fail_task(**embedded: Any) -> str:
    """Store the failure of a task that others wait for, as a worker does; its id."""
    task_id = uuid.uuid4().hex
    delivery = {"exchange": "", "routing_key": NOWHERE}
    details = {"id": task_id, "task": fail_first.name, "args": [1], "kwargs": {}, "delivery_info": delivery}
    app.backend.mark_as_failure(
        task_id, ValueError("no"), request=Context({**details, **embedded}), call_errbacks=False
    )
    return task_id


def retry_of(task_id: str, scope: RetryScope) -> RetryOutcome:
    return retry(SYSTEM, task_ref(task_id), scope=scope, dry_run=True)


def codes(outcome: RetryOutcome) -> list[ErrorCode]:
    return [refusal.code for refusal in outcome.refusals]


@pytest.mark.parametrize("key", ["callbacks", "chain", "errbacks", "chord"])
@pytest.mark.parametrize("how", ["store_message", "argsrepr", "nested"])
def test_messages_keep_no_signature_that_hides_its_arguments(
    key: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = echo.s(SECRET).set(task_id="later")
    if how == "argsrepr":
        signature.set(argsrepr="('***',)")
    else:
        monkeypatch.setattr(echo, "store_message", False, raising=False)
    if how == "nested":
        signature = add.s(1, 2).set(task_id="between", link=[signature])
    task_id = fail_task(**{key: dict(signature) if key == "chord" else [dict(signature)], "group": "g"})

    assert TaskMessage.objects.get(task_id=task_id).body is not None
    assert SECRET not in stored_text()
    assert codes(retry_of(task_id, RetryScope.CONTINUE)) == [ErrorCode.ARGUMENTS_UNAVAILABLE]
    expected = [ErrorCode.ARGUMENTS_UNAVAILABLE] if key == "errbacks" else []
    assert codes(retry_of(task_id, RetryScope.ALONE)) == expected


def test_messages_keep_signatures_that_hide_nothing() -> None:
    task_id = fail_task(chain=[dict(echo.s("open").set(task_id="later"))])
    assert "open" in stored_text()
    assert retry_of(task_id, RetryScope.CONTINUE).refusals == ()


def test_bodies_that_hide_their_arguments_come_with_the_members_alone(hushed_echo: Signature) -> None:
    group_id, body = start_chord(hushed_echo, 1)
    assert Chord.objects.get().body is None
    assert Chord.objects.get().body_task_id == body["options"]["task_id"]
    finish_member(group_id, body, 0, "value")
    assert Chord.objects.get().state == ChordState.DONE
    assert SECRET not in stored_text()


def test_finished_chords_keep_no_body_and_no_values() -> None:
    group_id, body = start_chord(echo.s(SECRET), 1)
    assert SECRET in stored_text()  # a sweep may have to send it
    finish_member(group_id, body, 0, SECRET)
    assert Chord.objects.get().state == ChordState.DONE
    assert stored_text() == ""


@pytest.mark.usefixtures("keeps_no_messages")
def test_failed_chords_keep_no_body_where_no_messages_are_kept() -> None:
    group_id, body = start_chord(echo.s(SECRET), 1)
    finish_member(group_id, body, 0, ValueError("no"))
    assert Chord.objects.get().state == ChordState.FAILED
    assert Chord.objects.get().body is None


def test_failed_chords_drop_values_of_members_that_ignore_their_results() -> None:
    group_id, body = start_chord(identity.s(), 3)
    finish_member(group_id, body, 0, SECRET, ignore_result=True)
    finish_member(group_id, body, 1, "kept")
    assert SECRET in stored_text()  # the body needs it
    failed = fail_task(group=group_id, group_index=2, chord=body)
    assert Chord.objects.get().state == ChordState.FAILED
    assert SECRET not in stored_text()
    assert "kept" in stored_text()

    (refusal,) = retry_of(failed, RetryScope.CONTINUE).refusals
    assert refusal.code == ErrorCode.CANNOT_CONTINUE
    assert "ignores its result" in refusal.message


@pytest.mark.usefixtures("cipher")
def test_bodies_and_values_are_encrypted_by_the_cipher(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(type(app.backend), "publish_body", lambda _, body, results: sent.append((body.args, results)))
    group_id, _ = start_chord(echo.s(SECRET), 2)
    finish_member(group_id, {}, 0, SECRET, chord=True)
    assert SECRET not in stored_text()
    result = app.backend._part(Context(id="m", group=group_id, group_index=1), states.SUCCESS, SECRET).result
    Part(group_id=group_id, task_id="m", index=1, state=states.SUCCESS, result=result).save("default")
    assert SECRET not in stored_text()
    app.backend.sweep_chords()
    ((args, results),) = sent
    assert (list(args), results) == ([SECRET], [SECRET, SECRET])


@pytest.fixture
def pickling_app() -> Celery:
    """The app of a project that sends pickle."""
    pickling = Celery("pickling", set_as_current=False)
    pickling.conf.update(result_backend="django-db", task_serializer="pickle", accept_content=["pickle", "json"])
    return pickling


class Color(StrEnum):
    """JSON makes a text of it."""

    RED = "red"


@pytest.mark.parametrize("value", [{1: (2, 3)}, (1, [2]), {4}, Color.RED, {"of": add.s((1, 2))}], ids=repr)
@pytest.mark.parametrize("completed_by", ["the publisher", "a sweep"])
def test_kept_body_arrives_unchanged_in_projects_that_send_pickle(
    completed_by: str, value: Any, pickling_app: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    backend: Any = pickling_app.backend
    monkeypatch.setattr(type(backend), "publish_body", lambda _, body, results: sent.append((body, results)))
    backend.apply_chord(("g", []), pickling_app.signature("body", (value,), {"key": value}, task_id="body"))
    backend._part(Context(id="m", group="g", group_index=0), states.SUCCESS, "result").save("default")
    if completed_by == "the publisher":
        backend.set_chord_size("g", 1)
    else:
        Chord.objects.update(size=1)
        backend.sweep_chords()

    ((body, results),) = sent
    assert repr((*body.args, body.kwargs, results)) == repr((value, {"key": value}, ["result"]))


def test_body_of_a_project_that_sends_json_is_kept_as_json() -> None:
    start_chord(echo.s((1, 2), link=[add.s((1, 2))]).set(priority=3), 1)
    assert str(Chord.objects.get().body).startswith("application/json")
