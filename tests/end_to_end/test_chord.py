"""Chords: the body runs once with the results of all members, or fails with the first member that fails."""

from celery import chord, group, states

from django_celery_results.models import Chord, ChordState, TaskResult
from tests.tasks import add, echo, fail
from tests.workers import PATIENCE, Worker, wait_for, wait_for_state, wait_until_served


def test_chord_body_runs_once_with_all_results_in_order(embedded_worker: Worker) -> None:
    on = {"queue": embedded_worker.queue}
    members = group(add.s(number, number).set(**on) for number in range(10))
    result = chord(members)(echo.s().set(**on))
    assert result.get(timeout=PATIENCE)["args"] == [[0, 2, 4, 6, 8, 10, 12, 14, 16, 18]]
    wait_for(lambda: Chord.objects.get().state == ChordState.DONE)
    wait_until_served(embedded_worker)
    assert TaskResult.objects.filter(task_name=echo.name).count() == 1
    assert embedded_worker.log.count(f"{echo.name}[{result.id}] received") == 1


def test_failed_member_fails_the_chord_body(embedded_worker: Worker) -> None:
    on = {"queue": embedded_worker.queue}
    result = chord([add.s(1, 2).set(**on), fail.s("no").set(**on)])(echo.s().set(**on))
    assert "ChordError" in str(wait_for_state(result.id, states.FAILURE).result)
    wait_until_served(embedded_worker)
    assert f"{echo.name}[{result.id}] received" not in embedded_worker.log
