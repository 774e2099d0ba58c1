"""A chord's body runs exactly once, with the results of all members: real workers, real brokers."""

import pytest
from celery import chain, chord, group
from django.db import connection, transaction

from django_celery_results.models import Chord, ChordPart, TaskResult
from tests.celery_app import app
from tests.chords.conftest import TIMEOUT, Notes
from tests.chords.tasks import (
    collect,
    identity,
    joined_by_another,
    note_error,
    retries_once,
    starts_in_transaction,
    unkept,
)
from tests.tasks import add, fail
from tests.workers import Worker, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True, available_apps=["django_celery_results"]),
    pytest.mark.usefixtures("chord_worker"),
]


def test_the_body_runs_once_with_results_in_order(notes: Notes) -> None:
    result = chord((add.s(n, n) for n in range(6)), collect.s(notes.path)).apply_async()
    assert result.get(timeout=TIMEOUT) == [0, 2, 4, 6, 8, 10]
    assert notes.read() == [[0, 2, 4, 6, 8, 10]]
    done = Chord.objects.get()
    assert (done.state, done.size) == ("done", 6)
    assert not ChordPart.objects.exists()


def test_one_member_is_enough_and_none_as_well(notes: Notes) -> None:
    assert chord([add.s(1, 1)], collect.s(notes.path)).apply_async().get(timeout=TIMEOUT) == [2]
    assert chord([], collect.s(notes.path)).apply_async().get(timeout=TIMEOUT) == []
    assert notes.read() == [[2], []]


def test_a_generator_is_not_run_ahead_of_publishing(notes: Notes) -> None:
    running: list[int] = []

    def members():
        for n in range(4):
            running.append(Chord.objects.count())
            yield add.s(n, 1)

    result = chord(group(members()), collect.s(notes.path)).apply_async()
    assert result.get(timeout=TIMEOUT) == [1, 2, 3, 4]
    assert running[-1] == 1  # the chord was open already when the last member was made


def test_a_member_delivered_twice_counts_once(notes: Notes) -> None:
    first, second = identity.s(1).set(task_id="delivered-twice"), identity.s(2).set(countdown=1)
    result = chord([first, second], collect.s(notes.path)).apply_async()
    again = first.clone()
    again.options |= {"chord": result.parent and _body_of(result), "group_id": result.parent.id, "group_index": 0}
    again.apply_async()
    again.apply_async()
    assert result.get(timeout=TIMEOUT) == [1, 2]
    again.apply_async()  # late: the chord is closed
    wait_for(lambda: TaskResult.objects.get(task_id="delivered-twice").status == "SUCCESS")
    identity.delay().get(timeout=TIMEOUT)
    assert notes.read() == [[1, 2]]


def _body_of(result):
    body = Chord.objects.get(pk=result.parent.id).body
    from django_celery_results.backends.chord_results import unpack

    return unpack(body, ())


def test_members_whose_results_are_not_kept_still_count(notes: Notes) -> None:
    result = chord([unkept.s(1), unkept.s(2), identity.s(3)], collect.s(notes.path)).apply_async()
    assert result.get(timeout=TIMEOUT) == [1, 2, 3]


def test_a_chord_sent_inside_an_open_transaction_runs_after_the_commit(notes: Notes) -> None:
    with transaction.atomic():
        result = chord([add.s(1, 1), add.s(2, 2)], collect.s(notes.path)).apply_async()
        if connection.vendor != "sqlite":  # there a writer keeps all others out until it commits
            wait_for(lambda: ChordPart.objects.filter(group_id=result.parent.id).count() == 2)
        assert notes.read() == []
    assert result.get(timeout=TIMEOUT) == [2, 4]
    assert notes.read() == [[2, 4]]


def test_a_task_may_start_a_chord_inside_a_transaction(notes: Notes) -> None:
    starts_in_transaction.delay(notes.path)
    assert notes.wait() == [[2, 4]]


def test_a_group_id_used_twice_ends_in_one_body_a_run(notes: Notes) -> None:
    frozen = chord([identity.s(1), identity.s(2)], collect.s(notes.path))
    frozen.freeze()
    for run in (1, 2):
        frozen.apply_async()
        notes.wait(run)
        wait_for(lambda: Chord.objects.get().state == "done")
    assert notes.read() == [[1, 2], [1, 2]]


def test_a_group_id_used_again_while_its_chord_runs_ends_in_one_body(notes: Notes) -> None:
    frozen = chord([identity.s(1), identity.s(2).set(countdown=1)], collect.s(notes.path))
    frozen.freeze()
    frozen.apply_async()
    wait_for(lambda: ChordPart.objects.count() == 1)
    frozen.apply_async()
    notes.wait()
    wait_for(lambda: Chord.objects.get().state == "done")
    identity.s().set(countdown=1).apply_async().get(timeout=TIMEOUT)
    assert notes.read() == [[1, 2]]


def test_members_that_join_a_running_chord_are_waited_for(notes: Notes) -> None:
    chord([joined_by_another.s(10), joined_by_another.s(20)], collect.s(notes.path)).apply_async()
    assert sorted(notes.wait()[0]) == [10, 11, 20, 21]


def test_a_member_that_is_retried_counts_once(notes: Notes) -> None:
    result = chord([retries_once.s(1), identity.s(2)], collect.s(notes.path)).apply_async()
    assert result.get(timeout=TIMEOUT) == [1, 2]


def test_a_failed_member_makes_one_clear_error(notes: Notes, more_notes: Notes) -> None:
    body = collect.s(notes.path).on_error(note_error.s(path=more_notes.path))
    result = chord([fail.s("member broke"), identity.s(1)], body).apply_async()

    with pytest.raises(ValueError, match="member broke"):  # the member's own, as Celery's Redis backend raises
        result.get(timeout=TIMEOUT)

    assert len(more_notes.wait()) == 1
    wait_for(lambda: Chord.objects.get().state == "failed")
    assert notes.read() == []
    row = TaskResult.objects.get(task_id=result.id)
    assert (row.status, row.error_type) == ("FAILURE", "celery.exceptions.ChordError")
    assert "member broke" in str(app.AsyncResult(result.id).result)
    assert len(more_notes.read()) == 1


def test_chords_in_a_chain_run_one_after_the_other(notes: Notes) -> None:
    first = chord([identity.s(1), identity.s(2)], collect.s(notes.path))
    second = chord([identity.s(), identity.s()], collect.s(notes.path))
    assert chain(first, second).apply_async().get(timeout=TIMEOUT) == [[1, 2], [1, 2]]
    assert notes.read() == [[1, 2], [[1, 2], [1, 2]]]


def test_a_failing_inner_chord_fails_the_outer_one(notes: Notes) -> None:
    inner = chord([fail.s("deep"), identity.s(1)], collect.s(notes.path))
    result = chord([inner, identity.s(2)], collect.s(notes.path)).apply_async()
    wait_for(lambda: app.AsyncResult(result.id).state == "FAILURE")
    assert "deep" in str(app.AsyncResult(result.id).result)
    assert notes.read() == []


def test_sixty_chords_at_once_all_end(notes: Notes, chord_worker: Worker) -> None:
    results = [chord([add.s(n, 1) for _ in range(4)], collect.s(notes.path)).apply_async() for n in range(60)]
    assert [result.get(timeout=TIMEOUT * 2) for result in results] == [[n + 1] * 4 for n in range(60)]
    assert len(notes.read()) == 60
