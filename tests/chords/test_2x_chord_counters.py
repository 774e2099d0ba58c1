"""The setting LEGACY_CHORDS: chords counted in `ChordCounter`, as workers of the 2.x package do."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from celery import chord
from celery.app.task import Context

from django_celery_results.backends.database import trigger_callback
from django_celery_results.models import Chord, ChordCounter, ChordPart, TaskResult
from tests.celery_app import NOWHERE, app
from tests.chords.call_log import CallLog
from tests.chords.marks import committing
from tests.chords.redelivery import deliver_again, wait_for_deliveries
from tests.chords.tasks import collect, identity, identity_without_result, record_error
from tests.tasks import fail, wait_for_file
from tests.workers import PATIENCE, Worker, wait_for

pytestmark = committing


@pytest.fixture
def legacy_chords(settings: Any, chord_worker: Worker) -> None:
    """Let this process start chords as the 2.x package does. The worker is ours, and has no such setting."""
    settings.DJANGO_CELERY_RESULTS = {"LEGACY_CHORDS": True}


@pytest.mark.usefixtures("legacy_chords")
def test_counted_chord_runs_its_body_once(body_calls: CallLog) -> None:
    result = chord([identity.s(1), identity_without_result.s(2)], collect.s(body_calls.path)).apply_async()
    assert result.get(timeout=PATIENCE) == [1, 2]
    assert body_calls.read() == [[1, 2]]
    assert not Chord.objects.exists()
    assert not ChordCounter.objects.exists()
    assert not ChordPart.objects.exists()


@pytest.mark.usefixtures("legacy_chords")
def test_counter_has_the_columns_of_2x() -> None:
    members = [app.AsyncResult("a"), app.AsyncResult("b")]
    app.backend.apply_chord(("group", members), identity.s())
    counter = ChordCounter.objects.get()
    assert (counter.group_id, counter.count) == ("group", 2)
    assert json.loads(counter.sub_tasks) == [[["a", None], None], [["b", None], None]]
    assert counter.group_result(app=app).results == members


@pytest.mark.usefixtures("legacy_chords")
def test_member_delivered_repeatedly_is_counted_once(body_calls: CallLog, tmp_path: Path, chord_worker: Worker) -> None:
    may_end = tmp_path / "may end"
    member, body = identity.s(1).set(task_id=str(uuid.uuid4())), collect.s(body_calls.path)
    result = chord([member, wait_for_file.si(str(may_end))], body).apply_async()
    for _ in range(2):
        deliver_again(member, body, result)
    wait_for_deliveries(chord_worker, member.id, 3)
    may_end.touch()
    assert result.get(timeout=PATIENCE) == [1, None]
    assert body_calls.read() == [[1, None]]


def test_counter_is_deleted_though_one_request_brings_all_members(settings: Any, sent: list[str]) -> None:
    settings.DJANGO_CELERY_RESULTS = {"LEGACY_CHORDS": True}
    members = [app.AsyncResult("a"), app.AsyncResult("b")]
    app.backend.apply_chord(("group", members), identity.s())
    body = identity.s().set(task_id="body", queue=NOWHERE)
    request = Context(id="a", task="t", group="group", group_index=0, chord=dict(body), headers={})
    app.backend.mark_as_done("a", 1, request=request)
    assert ChordCounter.objects.get().count == 1
    app.backend.mark_as_done("b", 2, request=request)
    assert not ChordCounter.objects.exists()
    assert not ChordPart.objects.exists()
    assert sent == ["body"]


@pytest.mark.usefixtures("legacy_chords")
def test_failed_member_of_a_counted_chord_calls_one_errback(body_calls: CallLog, errback_calls: CallLog) -> None:
    body = collect.s(body_calls.path).on_error(record_error.s(path=errback_calls.path))
    result = chord([fail.s("counted"), identity.s(1)], body).apply_async()
    with pytest.raises(ValueError, match="counted"):
        result.get(timeout=PATIENCE)
    assert len(errback_calls.wait()) == 1
    assert body_calls.read() == []


@pytest.mark.usefixtures("chord_worker")
def test_trigger_callback_sends_the_body_with_the_stored_results(body_calls: CallLog) -> None:
    members = app.GroupResult("group", [identity.delay(number) for number in (1, 2)])
    wait_for(members.ready)
    trigger_callback(app, collect.s(body_calls.path), members)
    assert body_calls.wait() == [[1, 2]]


@pytest.mark.usefixtures("legacy_chords")
def test_adding_members_to_a_counted_chord_raises_not_implemented() -> None:
    with pytest.raises(NotImplementedError, match="LEGACY_CHORDS"):
        app.backend.add_to_chord("group", app.AsyncResult("new"))


@pytest.mark.parametrize(("is_legacy", "model"), [(True, ChordCounter), (False, Chord)])
def test_apply_chord_accepts_a_group_result(is_legacy: bool, model: Any, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"LEGACY_CHORDS": is_legacy}
    app.backend.apply_chord(app.GroupResult("group", [app.AsyncResult("a"), app.AsyncResult("b")]), identity.s())
    assert model.objects.get().group_id == "group"
    assert ChordCounter.objects.count() + Chord.objects.count() == 1


def test_trigger_callback_fails_the_body_if_joining_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf, "result_chord_join_timeout", 0.05)
    body = identity.s()  # without an id, as a project may hand it over
    trigger_callback(app, body, app.GroupResult("group", [app.AsyncResult("never")]))
    row = TaskResult.objects.get()
    assert (row.status, row.error_type) == ("FAILURE", "celery.exceptions.ChordError")
    assert row.task_id == body.options["task_id"]
