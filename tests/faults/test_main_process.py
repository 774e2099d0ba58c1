"""A worker's main process waits for no lock and for no database: the worker goes on, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import states
from django.db import connection
from django.utils import timezone

from django_celery_results.backends import background
from django_celery_results.backends.background import BackgroundStores
from django_celery_results.models import TaskResult
from tests.celery_app import app
from tests.faults.database_proxy import DatabaseProxy
from tests.faults.fault_workers import PORTS, needs_server
from tests.tasks import add, hold_own_row
from tests.workers import PATIENCE, RunWorker, wait_for, wait_for_state

DJANGOS = {"KEEP_CONNECTION": False, "MERGE_STARTED_AFTER": 0.5}


@needs_server
def test_a_revoke_of_a_task_whose_row_is_locked_keeps_no_other_worker(run_worker: RunWorker, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with run_worker(concurrency=1, results=DJANGOS) as holding, run_worker(concurrency=1, results=DJANGOS) as other:
        held = hold_own_row.apply_async((str(gate),), {"updates": False}, queue=holding.queue)
        wait_for(Path(f"{gate}-held").exists)

        app.control.revoke(held.id)

        assert add.apply_async((1, 2), queue=other.queue).get(timeout=PATIENCE) == 3
        assert not gate.exists()
        gate.touch()
        assert held.get(timeout=PATIENCE) == "done"


@needs_server
def test_a_hard_time_limit_kills_a_task_that_holds_its_own_row(run_worker: RunWorker, tmp_path: Path) -> None:
    with run_worker(concurrency=1, results=DJANGOS) as worker:
        options: dict[str, Any] = {"queue": worker.queue, "time_limit": 2}
        held = hold_own_row.apply_async((str(tmp_path / "gate"),), {"updates": True}, **options)
        wait_for_state(held.id, states.FAILURE)
        assert "TimeLimitExceeded" in str(TaskResult.objects.get(task_id=held.id).result)
        assert add.apply_async((1, 2), queue=worker.queue).get(timeout=PATIENCE) == 3


@needs_server
def test_a_worker_survives_an_outage_longer_than_its_patience(run_worker: RunWorker, monkeypatch: Any) -> None:
    url = connection.settings_dict
    with DatabaseProxy(url["HOST"] or "127.0.0.1", int(url["PORT"] or PORTS[connection.vendor])) as proxy:
        monkeypatch.setenv("TEST_STORE_SECONDS", "2")
        behind = (
            f"{'mysql' if connection.vendor == 'mysql' else 'postgresql'}://{url['USER']}@127.0.0.1:{proxy.port}/test"
        )
        with run_worker(concurrency=1, results=DJANGOS, env={"DATABASE_URL": behind}) as worker:
            assert add.apply_async((1, 2), queue=worker.queue).get(timeout=PATIENCE) == 3
            with proxy.down():
                past = timezone.now() - timedelta(hours=1)
                expired = [add.apply_async((1, 2), queue=worker.queue, expires=past) for _ in range(2)]
                for task in expired:
                    wait_for(lambda task=task: f"The state of task {task.id} is not stored" in worker.log)
            assert worker.process.poll() is None
            later = add.apply_async((1, 2), queue=worker.queue, expires=past)
            wait_for_state(later.id, states.REVOKED)
            assert add.apply_async((3, 4), queue=worker.queue).get(timeout=PATIENCE) == 7


def test_stores_that_no_longer_fit_are_named(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(background, "MAX_WAITING", 1)
    monkeypatch.setattr(background, "MAX_THREADS", 0)
    monkeypatch.setattr(background, "PATIENCE", 0)
    stores = BackgroundStores()
    for task_id in ("first", "second"):
        stores.add(task_id, lambda: None)
    assert "The state of task second is not stored: 1 others wait" in caplog.text
    stores.drain(0)
    assert "The state of task first is not stored: the worker stops" in caplog.text


def test_a_store_that_waits_holds_no_other_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr(background, "PATIENCE", 0)
    stores, gate, stored = BackgroundStores(), threading.Event(), threading.Event()
    stores.add("waits", gate.wait)
    stores.add("goes", stored.set)
    assert stored.wait(PATIENCE)
    gate.set()
    stores.drain(PATIENCE)
