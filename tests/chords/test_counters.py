"""Chords of the 2.x package: started by it and completed here, or started here for its workers."""

import json
from typing import Any

import pytest
from celery import chord

from django_celery_results.backends.database import trigger_callback
from django_celery_results.models import Chord, ChordCounter, ChordPart, TaskResult
from tests.celery_app import app
from tests.chords.conftest import TIMEOUT, Notes
from tests.chords.tasks import collect, identity, note_error, unkept
from tests.tasks import fail
from tests.workers import Worker, wait_for

pytestmark = [pytest.mark.django_db(transaction=True, available_apps=["django_celery_results"])]


@pytest.fixture
def legacy(settings: Any, chord_worker: Worker) -> None:
    """The publisher starts chords as the 2.x package does; the worker is ours, and not told."""
    settings.DJANGO_CELERY_RESULTS = {"LEGACY_CHORDS": True}


@pytest.mark.usefixtures("legacy")
def test_a_counted_chord_is_completed_once(notes: Notes) -> None:
    result = chord([identity.s(1), unkept.s(2)], collect.s(notes.path)).apply_async()
    assert result.get(timeout=TIMEOUT) == [1, 2]
    assert notes.read() == [[1, 2]]
    assert not Chord.objects.exists()
    assert not ChordCounter.objects.exists()
    assert not ChordPart.objects.exists()


@pytest.mark.usefixtures("legacy")
def test_the_counter_is_written_as_the_2x_package_writes_it() -> None:
    members = [app.AsyncResult("a"), app.AsyncResult("b")]
    app.backend.apply_chord(("group", members), identity.s())
    counter = ChordCounter.objects.get()
    assert (counter.group_id, counter.count) == ("group", 2)
    assert json.loads(counter.sub_tasks) == [[["a", None], None], [["b", None], None]]
    assert counter.group_result(app=app).results == members


@pytest.mark.usefixtures("legacy")
def test_a_member_delivered_twice_is_counted_once(notes: Notes) -> None:
    first, second = identity.s(1).set(task_id="twice"), identity.s(2).set(countdown=1)
    result = chord([first, second], collect.s(notes.path)).apply_async()
    again = first.clone()
    body = collect.s(notes.path).set(task_id=result.id)
    again.options |= {"chord": body, "group_id": result.parent.id, "group_index": 0}
    again.apply_async()
    again.apply_async()
    assert result.get(timeout=TIMEOUT) == [1, 2]
    assert notes.read() == [[1, 2]]


@pytest.mark.usefixtures("legacy")
def test_a_failed_member_of_a_counted_chord_is_one_error(notes: Notes, more_notes: Notes) -> None:
    body = collect.s(notes.path).on_error(note_error.s(path=more_notes.path))
    result = chord([fail.s("counted"), identity.s(1)], body).apply_async()
    with pytest.raises(ValueError, match="counted"):
        result.get(timeout=TIMEOUT)
    assert len(more_notes.wait()) == 1
    assert notes.read() == []


@pytest.mark.usefixtures("chord_worker")
def test_members_finished_by_a_2x_worker_are_joined_from_their_rows(notes: Notes) -> None:
    ids = [identity.delay(number).id for number in (1, 2)]
    wait_for(lambda: app.AsyncResult(ids[1]).ready())
    trigger_callback(app, collect.s(notes.path), app.GroupResult("group", [app.AsyncResult(one) for one in ids]))
    assert notes.wait() == [[1, 2]]


@pytest.mark.usefixtures("legacy")
def test_joining_a_running_chord_is_refused_as_by_the_2x_package() -> None:
    with pytest.raises(NotImplementedError, match="LEGACY_CHORDS"):
        app.backend.add_to_chord("group", app.AsyncResult("new"))


@pytest.mark.parametrize("legacy", [True, False])
def test_the_header_may_be_a_group_of_results(legacy: bool, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"LEGACY_CHORDS": legacy}
    app.backend.apply_chord(app.GroupResult("group", [app.AsyncResult("a"), app.AsyncResult("b")]), identity.s())
    assert [ChordCounter.objects.count(), Chord.objects.count()] == [legacy, not legacy]
    opened = ChordCounter.objects.first() or Chord.objects.get()
    assert opened.group_id == "group"


def test_a_join_that_takes_too_long_is_the_error_of_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf, "result_chord_join_timeout", 0.05)
    body = identity.s()  # without an id, as a project may hand it over
    trigger_callback(app, body, app.GroupResult("group", [app.AsyncResult("never")]))
    row = TaskResult.objects.get()
    assert (row.status, row.error_type) == ("FAILURE", "celery.exceptions.ChordError")
    assert row.task_id == body.options["task_id"]
