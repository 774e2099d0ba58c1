"""Chords with many members, and many chords at once, on four processes."""

from collections.abc import Iterator

import pytest
from celery import chord

from django_celery_results.models import Chord, ChordState
from tests.chords.call_log import CallLog
from tests.chords.marks import committing
from tests.chords.routing import routing_all_tasks_to
from tests.chords.tasks import collect, identity
from tests.workers import RunWorker, Worker, wait_for

pytestmark = [
    committing,
    pytest.mark.heavy,
    pytest.mark.timeout(600),
]


@pytest.fixture
def four_processes(run_worker: RunWorker) -> Iterator[Worker]:
    """A worker with four processes to which this process sends everything."""
    with run_worker(concurrency=4) as worker, routing_all_tasks_to(worker):
        yield worker


@pytest.mark.usefixtures("four_processes")
def test_chord_of_1000_members_runs_its_body_once(body_calls: CallLog) -> None:
    result = chord((identity.s(n) for n in range(1_000)), collect.s(body_calls.path)).apply_async()
    assert result.get(timeout=300) == list(range(1_000))
    assert body_calls.read() == [list(range(1_000))]


@pytest.mark.usefixtures("four_processes")
def test_300_concurrent_chords_run_their_bodies_once(body_calls: CallLog) -> None:
    for number in range(300):
        chord([identity.s(number)] * 5, collect.s(body_calls.path)).apply_async()
    wait_for(lambda: len(body_calls.read()) >= 300, timeout=300)
    wait_for(lambda: Chord.objects.filter(state=ChordState.DONE).count() == 300)
    assert sorted(body_calls.read()) == [[number] * 5 for number in range(300)]
