"""The body of a chord runs exactly once, with the results of all members, on a real worker."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Signature, chain, chord, group
from django.db import connection, transaction

from django_celery_results.models import Chord, ChordPart, ChordState, TaskResult
from tests.celery_app import app
from tests.chords.call_log import CallLog
from tests.chords.marks import committing
from tests.chords.redelivery import deliver_again, wait_for_deliveries
from tests.chords.tasks import (
    add_member_in_transaction,
    collect,
    identity,
    identity_without_result,
    record_error,
    start_chord_in_transaction,
)
from tests.tasks import add, fail, wait_for_file
from tests.workers import PATIENCE, Worker, wait_for

pytestmark = [committing, pytest.mark.usefixtures("chord_worker")]


def test_body_runs_once_with_the_results_in_order(body_calls: CallLog) -> None:
    result = chord((add.s(n, n) for n in range(6)), collect.s(body_calls.path)).apply_async()
    assert result.get(timeout=PATIENCE) == [0, 2, 4, 6, 8, 10]
    assert body_calls.read() == [[0, 2, 4, 6, 8, 10]]
    wait_for(lambda: Chord.objects.filter(state=ChordState.DONE, size=6).exists())
    wait_for(lambda: not ChordPart.objects.exists())


def test_chords_may_have_one_member_or_none(body_calls: CallLog) -> None:
    assert chord([add.s(1, 1)], collect.s(body_calls.path)).apply_async().get(timeout=PATIENCE) == [2]
    assert chord([], collect.s(body_calls.path)).apply_async().get(timeout=PATIENCE) == []
    assert body_calls.read() == [[2], []]


def test_generator_of_members_is_consumed_while_publishing(body_calls: CallLog) -> None:
    open_chords: list[int] = []

    def members() -> Iterator[Signature]:
        for n in range(4):
            open_chords.append(Chord.objects.count())
            yield add.s(n, 1)

    result = chord(group(members()), collect.s(body_calls.path)).apply_async()
    assert result.get(timeout=PATIENCE) == [1, 2, 3, 4]
    assert open_chords[-1] == 1, "the chord is open before its last member is made"


def test_member_delivered_repeatedly_counts_once(body_calls: CallLog, tmp_path: Path, chord_worker: Worker) -> None:
    may_end = tmp_path / "may end"
    member, body = identity.s(1).set(task_id=str(uuid.uuid4())), collect.s(body_calls.path)
    result = chord([member, wait_for_file.si(str(may_end))], body).apply_async()
    for _ in range(2):
        deliver_again(member, body, result)
    wait_for_deliveries(chord_worker, member.id, 3)
    may_end.touch()
    assert result.get(timeout=PATIENCE) == [1, None]
    deliver_again(member, body, result)  # late: the chord is done
    wait_for_deliveries(chord_worker, member.id, 4)
    identity.delay().get(timeout=PATIENCE)  # a second body would have been received before
    assert chord_worker.log.count(f"[{result.id}] received") == 1
    assert body_calls.read() == [[1, None]]


def test_members_with_ignored_results_count(body_calls: CallLog) -> None:
    result = chord(
        [identity_without_result.s(1), identity_without_result.s(2), identity.s(3)], collect.s(body_calls.path)
    ).apply_async()
    assert result.get(timeout=PATIENCE) == [1, 2, 3]


def test_body_of_a_chord_published_in_a_transaction_runs_after_the_commit(body_calls: CallLog) -> None:
    with transaction.atomic():
        result = chord([add.s(1, 1), add.s(2, 2)], collect.s(body_calls.path)).apply_async()
        if connection.vendor != "sqlite":  # there a writer keeps all others out until it commits
            wait_for(lambda: ChordPart.objects.filter(group_id=result.parent.id).count() == 2)
        assert body_calls.read() == []
    assert result.get(timeout=PATIENCE) == [2, 4]
    assert body_calls.read() == [[2, 4]]


def test_task_may_publish_a_chord_in_a_transaction(body_calls: CallLog) -> None:
    start_chord_in_transaction.delay(body_calls.path)
    assert body_calls.wait() == [[2, 4]]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a writer keeps all others out until it commits")
def test_member_added_in_a_transaction_is_awaited(body_calls: CallLog) -> None:
    chord([add_member_in_transaction.s(1), identity.s(5)], collect.s(body_calls.path)).apply_async()
    assert [sorted(values) for values in body_calls.wait()] == [[1, 2, 5]]


def test_chord_published_again_after_its_end_runs_its_body_again(body_calls: CallLog) -> None:
    frozen = chord([identity.s(1), identity.s(2)], collect.s(body_calls.path))
    frozen.freeze()
    for run in (1, 2):
        frozen.apply_async()
        body_calls.wait(run)
        wait_for(lambda: Chord.objects.get().state == ChordState.DONE)
    assert body_calls.read() == [[1, 2], [1, 2]]


def test_chord_published_again_while_it_runs_runs_its_body_once(
    body_calls: CallLog, tmp_path: Path, chord_worker: Worker
) -> None:
    may_end = tmp_path / "may end"
    frozen = chord([identity.s(1), wait_for_file.si(str(may_end))], collect.s(body_calls.path))
    result = frozen.freeze()
    for run in (1, 2):
        frozen.apply_async()
        wait_for_deliveries(chord_worker, result.parent[0].id, run)
    may_end.touch()
    wait_for_deliveries(chord_worker, result.parent[1].id, 2)
    wait_for(lambda: Chord.objects.get().state == ChordState.DONE)
    identity.delay().get(timeout=PATIENCE)  # a second body would have been received before
    assert chord_worker.log.count(f"[{result.id}] received") == 1
    assert body_calls.wait() == [[1, None]]


def test_failed_member_fails_the_body_and_calls_one_errback(body_calls: CallLog, errback_calls: CallLog) -> None:
    body = collect.s(body_calls.path).on_error(record_error.s(path=errback_calls.path))
    result = chord([fail.s("member broke"), identity.s(1)], body).apply_async()

    with pytest.raises(ValueError, match="member broke"):  # the member's own, as Celery's Redis backend raises
        result.get(timeout=PATIENCE)

    assert len(errback_calls.wait()) == 1
    wait_for(lambda: Chord.objects.get().state == ChordState.FAILED)
    assert body_calls.read() == []
    row = TaskResult.objects.get(task_id=result.id)
    assert (row.status, row.error_type) == ("FAILURE", "celery.exceptions.ChordError")
    assert "member broke" in str(app.AsyncResult(result.id).result)
    assert len(errback_calls.read()) == 1


def test_chained_chords_run_one_after_the_other(body_calls: CallLog) -> None:
    first = chord([identity.s(1), identity.s(2)], collect.s(body_calls.path))
    second = chord([identity.s(), identity.s()], collect.s(body_calls.path))
    assert chain(first, second).apply_async().get(timeout=PATIENCE) == [[1, 2], [1, 2]]
    assert body_calls.read() == [[1, 2], [[1, 2], [1, 2]]]


def test_failed_inner_chord_fails_the_outer_chord(body_calls: CallLog) -> None:
    inner = chord([fail.s("deep"), identity.s(1)], collect.s(body_calls.path))
    result = chord([inner, identity.s(2)], collect.s(body_calls.path)).apply_async()
    wait_for(lambda: app.AsyncResult(result.id).state == "FAILURE")
    assert "deep" in str(app.AsyncResult(result.id).result)
    assert body_calls.read() == []


def test_concurrent_chords_run_their_bodies_once(body_calls: CallLog) -> None:
    results = [chord([add.s(n, 1) for _ in range(4)], collect.s(body_calls.path)).apply_async() for n in range(12)]
    assert [result.get(timeout=PATIENCE) for result in results] == [[n + 1] * 4 for n in range(12)]
    assert sorted(body_calls.read()) == [[n + 1] * 4 for n in range(12)]
