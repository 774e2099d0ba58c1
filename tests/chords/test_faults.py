"""Workers that are killed, and what others make of what they left: the body still runs once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery, Signature, chord
from django.utils import timezone
from kombu.exceptions import OperationalError

from django_celery_results.chord_rows import Part
from django_celery_results.models import Chord, ChordPart, ChordState, TaskResult
from tests.celery_app import app
from tests.chords.conftest import TIMEOUT, Notes, sending_to
from tests.chords.tasks import collect, identity, late
from tests.workers import RunWorker, Worker, running_worker, wait_for

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["django_celery_results"])
RESULTS = {"CHORD_LEASE": 1}


def dying_before(step: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a worker that kills itself with -9 once, at this step of completing a chord."""
    return {"TEST_DIE_BEFORE": step, "TEST_DIE_MARKER": str(tmp_path / "died")}


@pytest.mark.parametrize("step", ["_complete", "publish_body", pytest.param("_finish", marks=pytest.mark.heavy)])
def test_a_worker_killed_while_it_completes_a_chord(
    step: str, notes: Notes, tmp_path: Path, run_worker: RunWorker
) -> None:
    """With Redis, messages of a killed worker stay away for an hour: only the sweep of the next worker helps."""
    env = dying_before(step, tmp_path)
    with run_worker(concurrency=1, results=RESULTS, env=env) as first, sending_to(first):
        result = chord([identity.s(1), identity.s(2)], collect.s(notes.path)).apply_async()
        wait_for(lambda: first.process.poll() is not None)
        wait_for(lambda: not Chord.objects.filter(claimed_at__gt=timezone.now() - timedelta(seconds=1)))
        with run_worker(queue=first.queue, concurrency=1, results=RESULTS, env=env):
            assert result.get(timeout=TIMEOUT) == [1, 2]
    # Killed between publishing and saying so, the same body is published again; its row stays one.
    assert notes.read() == [[1, 2]] if step != "_finish" else {tuple(one) for one in notes.read()} == {(1, 2)}
    assert TaskResult.objects.get(task_id=result.id).status == "SUCCESS"


def test_members_delivered_again_after_a_kill_count_once(
    notes: Notes, tmp_path: Path, rabbitmq: str, transactional_db: None
) -> None:
    env = dying_before("_proceed", tmp_path)
    with running_worker(rabbitmq, concurrency=1, results=RESULTS, env=env) as first:
        with sending_by_an_app_of_its_own(first) as send:
            send(lambda: chord([late.s(1), late.s(2)], collect.s(notes.path)))
        wait_for(lambda: first.process.poll() is not None)
        assert ChordPart.objects.filter(index__gte=0).count() == 1
        with running_worker(rabbitmq, queue=first.queue, concurrency=1, results=RESULTS, env=env):
            assert notes.wait() == [[1, 2]]
            wait_for(lambda: Chord.objects.get().state == ChordState.DONE)
    assert notes.read() == [[1, 2]]


@contextmanager
def sending_by_an_app_of_its_own(worker: Worker) -> Iterator[Callable[[Callable[[], Signature]], None]]:
    """Publish by an app of its own, whose connections are closed afterwards."""
    sender = Celery("rabbit", set_as_current=False, broker=worker.broker)
    sender.conf.update(result_backend="django-db")
    sender.finalize()

    with sending_to(worker, sender):
        yield lambda canvas: canvas().apply_async()
    sender.pool.force_close_all()
    sender.amqp.producer_pool.force_close_all()


def test_a_chord_complete_but_unclaimed_is_swept_by_cleanup(
    complete: Chord, chord_worker: Worker, notes: Notes
) -> None:
    app.backend.cleanup()
    assert notes.wait() == [[1, 2]]
    assert Chord.objects.get().state == ChordState.DONE


def test_it_is_swept_by_the_members_of_other_chords(complete: Chord, chord_worker: Worker, notes: Notes) -> None:
    def swept() -> bool:
        chord([identity.s(3), identity.s(4)], identity.s()).apply_async().get(timeout=TIMEOUT)
        return bool(notes.read())

    wait_for(swept, pause=0.5)  # once in the worker's lease
    assert notes.read() == [[1, 2]]


def test_a_claim_is_taken_over_only_after_its_lease(complete: Chord, chord_worker: Worker, notes: Notes) -> None:
    Chord.objects.update(state=ChordState.CLAIMED, claim="gone", claimed_at=timezone.now())
    app.backend.sweep_chords()
    assert notes.read() == []
    Chord.objects.update(claimed_at=timezone.now() - timedelta(minutes=1))
    app.backend.sweep_chords()
    assert notes.wait() == [[1, 2]]


def test_a_broker_that_is_away_leaves_the_body_to_a_sweep(
    complete: Chord, chord_worker: Worker, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("no broker")

    with monkeypatch.context() as patch:
        patch.setattr(type(app.backend), "publish_body", away)
        app.backend.sweep_chords()
    assert Chord.objects.get().state == ChordState.CLAIMED
    Chord.objects.update(claimed_at=timezone.now() - timedelta(minutes=1))
    app.backend.sweep_chords()
    assert notes.wait() == [[1, 2]]


@pytest.fixture
def complete(transactional_db: None, notes: Notes) -> Chord:
    """A chord whose members have all returned, and whose worker was killed before it could claim it."""
    app.backend.apply_chord(("left-behind", []), collect.s(notes.path).set(task_id="the-body"))
    Chord.objects.update(size=2)
    for number in (1, 2):
        result = app.backend._packed_result("SUCCESS", number)
        Part(group_id="left-behind", task_id=f"member-{number}", index=number, state="SUCCESS", result=result).save(
            "default"
        )
    return Chord.objects.get()
