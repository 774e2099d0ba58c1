"""The main process of a worker never waits for locks or an unreachable database, and loses no state."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import states
from django.db import OperationalError, connection
from django.utils import timezone

from django_celery_results import connections as result_connections
from django_celery_results.backends import DatabaseBackend, background
from django_celery_results.backends.background import BackgroundStores
from django_celery_results.models import TaskResult
from tests.celery_app import app
from tests.faults.database_proxy import DatabaseProxy
from tests.faults.fault_workers import PORTS, needs_server
from tests.foreign_backend import foreign_backend
from tests.tasks import add, hold_own_row
from tests.workers import PATIENCE, RunWorker, wait_for, wait_for_state

DJANGOS = {"KEEP_CONNECTION": False, "MERGE_STARTED_AFTER": 0.5}


@needs_server
def test_revoke_of_a_task_with_a_locked_row_does_not_block_other_workers(run_worker: RunWorker, tmp_path: Path) -> None:
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
def test_hard_time_limit_kills_a_task_that_locks_its_own_row(run_worker: RunWorker, tmp_path: Path) -> None:
    with run_worker(concurrency=1, results=DJANGOS) as worker:
        options: dict[str, Any] = {"queue": worker.queue, "time_limit": 2}
        held = hold_own_row.apply_async((str(tmp_path / "gate"),), {"updates": True}, **options)
        wait_for_state(held.id, states.FAILURE)
        assert "TimeLimitExceeded" in str(TaskResult.objects.get(task_id=held.id).result)
        assert add.apply_async((1, 2), queue=worker.queue).get(timeout=PATIENCE) == 3


@needs_server
def test_worker_survives_an_outage_longer_than_it_retries(run_worker: RunWorker, monkeypatch: Any) -> None:
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


def test_stores_dropped_from_a_full_queue_are_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "MAX_WAITING", 1)
    monkeypatch.setattr(background, "MAX_THREADS", 0)
    monkeypatch.setattr(background, "PATIENCE", 0)
    stores = BackgroundStores()
    for task_id in ("first", "second"):
        stores.add(task_id, lambda: None)
    assert "The state of task second is not stored: 1 others wait" in caplog.text
    stores.drain(0)
    assert "The state of task first is not stored: the worker stops" in caplog.text


def test_blocked_store_does_not_delay_others(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr(background, "PATIENCE", 0)
    stores, gate, stored = BackgroundStores(), threading.Event(), threading.Event()
    stores.add("waits", gate.wait)
    stores.add("goes", stored.set)
    assert stored.wait(PATIENCE)
    gate.set()
    stores.drain(PATIENCE)


@pytest.fixture
def as_main_process(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    """Let this process store results as the main process of a worker does."""
    monkeypatch.setitem(result_connections._main_process, "pid", os.getpid())
    monkeypatch.setitem(result_connections._state, "is_worker", True)


def test_main_process_stores_on_its_own_connection_with_a_foreign_backend(as_main_process: None) -> None:
    backend = DatabaseBackend(app)
    with foreign_backend() as foreign:
        backend.mark_as_revoked("t", "revoked")
        assert foreign.cursors, "a connection of another thread would not know the tenant"
        assert backend.get_state("t") == states.REVOKED


def test_main_process_survives_errors_of_a_foreign_backend(
    as_main_process: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    backend = DatabaseBackend(app)

    def write(*_: Any) -> None:
        raise OperationalError(1045, "Access denied")

    monkeypatch.setattr(backend, "_write", write)
    with foreign_backend():
        backend.mark_as_revoked("t", "revoked")
    assert "The state of task t is not stored" in caplog.text
