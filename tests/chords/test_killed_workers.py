"""Workers that are killed while they complete a chord: the body is sent by a sweep, and runs once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, Signature, chord
from django.utils import timezone
from kombu import pools
from kombu.exceptions import OperationalError

from django_celery_results.backends import chord_sweeps
from django_celery_results.chord_rows import Part
from django_celery_results.models import Chord, ChordPart, ChordState, TaskResult
from tests.celery_app import app
from tests.chords.call_log import CallLog
from tests.chords.marks import committing
from tests.chords.routing import routing_all_tasks_to
from tests.chords.tasks import collect, identity, identity_acked_late
from tests.workers import PATIENCE, RunWorker, Worker, running_worker, wait_for

pytestmark = committing


def dying_before(method: str, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a worker that kills itself once, before this method of the backend."""
    return {"TEST_DIE_BEFORE": method, "TEST_DIE_MARKER": str(tmp_path / "died")}


@pytest.mark.parametrize("method", ["_complete", "publish_body", pytest.param("_finish", marks=pytest.mark.heavy)])
def test_next_worker_sends_the_body_of_a_chord_whose_worker_was_killed(
    method: str, body_calls: CallLog, tmp_path: Path, run_worker: RunWorker
) -> None:
    env = dying_before(method, tmp_path)
    with run_worker(concurrency=1, env=env) as first, routing_all_tasks_to(first):
        result = chord([identity.s(1), identity.s(2)], collect.s(body_calls.path)).apply_async()
        wait_for(lambda: first.process.poll() is not None)
        expire_claims()
        # Redis delivers messages of a killed worker again after an hour: only the sweep at the start can send the body.
        with run_worker(queue=first.queue, concurrency=1):
            assert result.get(timeout=PATIENCE) == [1, 2]
    calls = body_calls.read()
    assert calls[0] == [1, 2]
    assert len(calls) == 1 or method == "_finish", "only a body that was published already is published again"
    assert TaskResult.objects.get(task_id=result.id).status == "SUCCESS"


def test_members_delivered_again_after_a_kill_count_once(
    body_calls: CallLog, tmp_path: Path, rabbitmq: str, transactional_db: None
) -> None:
    env = dying_before("_proceed", tmp_path)
    with running_worker(rabbitmq, concurrency=1, env=env) as first:
        with publishing_by_an_app_of_its_own(first) as publish:
            publish(lambda: chord([identity_acked_late.s(1), identity_acked_late.s(2)], collect.s(body_calls.path)))
        wait_for(lambda: first.process.poll() is not None)
        assert ChordPart.objects.filter(index__gte=0).count() == 1
        with running_worker(rabbitmq, queue=first.queue, concurrency=1):
            assert body_calls.wait() == [[1, 2]]
            wait_for(lambda: Chord.objects.get().state == ChordState.DONE)
    assert body_calls.read() == [[1, 2]]


@contextmanager
def publishing_by_an_app_of_its_own(worker: Worker) -> Iterator[Callable[[Callable[[], Signature]], Any]]:
    """Publish by an app whose connections to this worker's broker are closed afterwards."""
    publisher = Celery("publisher", set_as_current=False, broker=worker.broker)
    publisher.conf.update(result_backend="django-db")
    publisher.finalize()
    with routing_all_tasks_to(worker, publisher):
        yield lambda canvas: canvas().apply_async()
    for group in (pools.producers, pools.connections):  # other tests publish to this broker, by pools of their own
        group[publisher.connection_for_write()].force_close_all()
        del group[publisher.connection_for_write()]


def expire_claims() -> None:
    """Let a claim of a chord look as if it were made before its lease."""
    Chord.objects.filter(state=ChordState.CLAIMED).update(claimed_at=timezone.now() - timedelta(minutes=10))


@pytest.fixture
def abandoned_chord(transactional_db: None, body_calls: CallLog) -> Chord:
    """A chord whose members have all returned, and whose worker was killed before it could claim it."""
    app.backend.apply_chord(("abandoned", []), collect.s(body_calls.path).set(task_id="the-body"))
    Chord.objects.update(size=2)
    for number in (1, 2):
        result = app.backend._packed_result("SUCCESS", number)
        part = Part(group_id="abandoned", task_id=f"member-{number}", index=number, state="SUCCESS", result=result)
        part.save("default")
    return Chord.objects.get()


def test_cleanup_sends_the_body_of_an_abandoned_chord(
    abandoned_chord: Chord, chord_worker: Worker, body_calls: CallLog
) -> None:
    app.backend.cleanup()
    assert body_calls.wait() == [[1, 2]]
    assert Chord.objects.get().state == ChordState.DONE


def test_running_workers_go_through_all_unfinished_chords_page_by_page(
    abandoned_chord: Chord, chord_worker: Worker, body_calls: CallLog, monkeypatch: pytest.MonkeyPatch, sent: list[str]
) -> None:
    monkeypatch.setattr(chord_sweeps, "SWEEP_PAGE", 1)
    monkeypatch.setattr(app.backend, "_sweeping", None)
    before = abandoned_chord.date_created - timedelta(minutes=1)
    Chord.objects.create(group_id="still running", size=3)
    Chord.objects.filter(pk="still running").update(date_created=before)
    app.backend.sweep_next_chords()
    assert sent == []
    app.backend.sweep_next_chords()
    assert body_calls.wait() == [[1, 2]]


def test_claim_is_taken_over_only_after_its_lease(
    abandoned_chord: Chord, chord_worker: Worker, body_calls: CallLog, sent: list[str]
) -> None:
    Chord.objects.update(state=ChordState.CLAIMED, claim="gone", claimed_at=timezone.now())
    app.backend.sweep_chords()
    assert Chord.objects.get().claim == "gone"
    assert sent == []
    expire_claims()
    app.backend.sweep_chords()
    assert body_calls.wait() == [[1, 2]]


def test_body_that_could_not_be_published_is_sent_by_a_later_sweep(
    abandoned_chord: Chord, chord_worker: Worker, body_calls: CallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("no broker")

    with monkeypatch.context() as patch:
        patch.setattr(type(app.backend), "publish_body", fail)
        app.backend.sweep_chords()
    assert Chord.objects.get().state == ChordState.CLAIMED
    expire_claims()
    app.backend.sweep_chords()
    assert body_calls.wait() == [[1, 2]]
