"""A running worker carries on what a process that died had claimed, once the lease is over."""

import importlib.util
import threading
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from celery import Celery
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from django_celery_results import recovery
from django_celery_results.chord_rows import Part
from django_celery_results.models import Chord, ChordState, Operation, OperationState
from django_celery_results.policy.viewer import SYSTEM
from tests.actions.interruptions import interrupt_retry
from tests.celery_app import app
from tests.chords.call_log import CallLog
from tests.chords.routing import routing_all_tasks_to
from tests.chords.tasks import collect
from tests.factories import create_failed_task
from tests.workers import PATIENCE, RunWorker, wait_for, wait_for_state

IS_SQLITE = connection.vendor == "sqlite"
LEASES = {"CHORD_LEASE": 1, "OPERATION_LEASE": 1}
gevent = [
    pytest.mark.skipif(importlib.util.find_spec("gevent") is None, reason="gevent is missing"),
    pytest.mark.skipif(IS_SQLITE, reason="greenlets of one process wait for their own lock on SQLite"),
]


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo", pytest.param("gevent", marks=gevent)])
def test_running_worker_sends_the_body_of_a_chord_when_its_lease_is_over(
    pool: str, run_worker: RunWorker, tmp_path: Path
) -> None:
    body_calls = CallLog(str(tmp_path / "body-calls"))
    with run_worker(pool=pool, results=LEASES) as worker, routing_all_tasks_to(worker):
        claim_and_die("killed", body_calls.path)
        assert body_calls.wait() == [[1, 2]]
        wait_for(lambda: Chord.objects.get().state == ChordState.DONE)
    assert body_calls.read() == [[1, 2]]


def claim_and_die(group_id: str, path: str) -> None:
    """Leave a complete chord as a worker does that is killed after it claimed the chord."""
    app.backend.apply_chord((group_id, []), collect.s(path).set(task_id="the-body"))
    for number in (1, 2):
        result = app.backend._packed_result("SUCCESS", number)
        part = Part(group_id=group_id, task_id=f"member-{number}", index=number, state="SUCCESS", result=result)
        part.save("default")
    Chord.objects.update(size=2, state=ChordState.CLAIMED, claim="killed", claimed_at=Now())


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_running_worker_sends_an_interrupted_retry_when_its_lease_is_over(
    pool: str, run_worker: RunWorker, settings: Any, sent: list[str]
) -> None:
    settings.DJANGO_CELERY_RESULTS = LEASES
    with run_worker(pool=pool, results=LEASES) as worker:
        options = {"delivery": {"exchange": "", "routing_key": worker.queue}}
        operation = interrupt_retry(SYSTEM, create_failed_task("failed", 1, options=options))
        wait_for_state(str(operation.new_task_id), "SUCCESS")
        wait_for(lambda: Operation.objects.get().state == OperationState.DONE)
    assert sent == []  # by this process


def test_recovery_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    looks: list[bool] = []
    has_looked_again = threading.Event()

    def fail_first(app: Celery, is_start: bool) -> None:
        looks.append(is_start)
        if is_start:
            raise DatabaseError("away")
        has_looked_again.set()

    monkeypatch.setattr(recovery, "_recoveries", {})
    monkeypatch.setattr(recovery, "is_main_process_of_worker", lambda: True)
    recovery.register(recovery.Recovery(name="these", carry_on=fail_first, lease=lambda: 0.01))
    recovery.start(Mock(app=app))
    assert has_looked_again.wait(PATIENCE)
    recovery.stop()
    assert looks[:2] == [True, False]
    assert "could not carry on these, and tries it again later: away" in caplog.text
