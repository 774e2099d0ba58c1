"""Chords of a size that only the long run has time for."""

from collections.abc import Iterator

import pytest
from celery import chord

from django_celery_results.models import Chord, ChordState
from tests.chords.conftest import Notes, sending_to
from tests.chords.tasks import collect, identity
from tests.workers import RunWorker, Worker, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True, available_apps=["django_celery_results"]),
    pytest.mark.heavy,
    pytest.mark.timeout(600),
]


@pytest.fixture
def four(run_worker: RunWorker) -> Iterator[Worker]:
    with run_worker(concurrency=4) as worker, sending_to(worker):
        yield worker


@pytest.mark.usefixtures("four")
def test_a_thousand_members(notes: Notes) -> None:
    result = chord((identity.s(n) for n in range(1_000)), collect.s(notes.path)).apply_async()
    assert result.get(timeout=300) == list(range(1_000))
    assert notes.read() == [list(range(1_000))]


@pytest.mark.usefixtures("four")
def test_many_chords_on_many_processes(notes: Notes) -> None:
    for number in range(300):
        chord([identity.s(number)] * 5, collect.s(notes.path)).apply_async()
    wait_for(lambda: len(notes.read()) >= 300, timeout=300)
    wait_for(lambda: Chord.objects.filter(state=ChordState.DONE).count() == 300)
    assert sorted(notes.read()) == [[number] * 5 for number in range(300)]
