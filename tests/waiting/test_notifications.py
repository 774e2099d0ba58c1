"""LISTEN and NOTIFY on PostgreSQL: waiters are woken by a stored result, and poll where notifications fail."""

import asyncio
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from django_celery_results.backends import notifications, waiting
from django_celery_results.backends.waiting import aget
from tests.celery_app import app
from tests.waiting.coroutines import run_coroutine
from tests.waiting.polls import finishing, on_each_poll, run_in_thread, store_outcome
from tests.workers import PATIENCE, child_environment, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL's NOTIFY; set DATABASE_URL"),
]


@pytest.fixture(autouse=True)
def notifications_only(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Switch notifications on. A waiter who listens does not poll by itself within the time that a test may take."""
    settings.DJANGO_CELERY_RESULTS = {"NOTIFY": True}
    monkeypatch.setattr(waiting, "SAFETY_PAUSE", 3_600)
    yield
    kill_listeners()
    wait_for(lambda: not listener_pids())
    notifications._listeners.clear()


def listener_pids() -> set[int]:
    """Return the PostgreSQL processes of the connections that listen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (query LIKE 'LISTEN %' OR query LIKE 'SELECT pg_notify(%' AND state = 'idle')"
        )
        return {pid for (pid,) in cursor.fetchall()}


def kill_listeners() -> None:
    with connection.cursor() as cursor:
        for pid in listener_pids():
            cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))


def test_get_is_woken_by_the_result_and_polls_twice() -> None:
    with CaptureQueriesContext(connection) as queries, finishing("task"):
        app.AsyncResult("task").get()
    assert len(queries) == 2


def test_only_final_states_are_notified() -> None:
    with CaptureQueriesContext(connection) as queries:
        app.backend.store_result("task", {}, "STARTED")
        app.backend.store_result("task", 1, "SUCCESS")
    assert len([query for query in queries if "pg_notify" in query["sql"]]) == 1


def test_result_stored_in_a_transaction_wakes_at_the_commit_and_not_before() -> None:
    is_stored, polled_again = threading.Event(), threading.Event()
    polled_before_commit: list[bool] = []

    def store() -> None:
        with transaction.atomic():
            app.backend.store_result("task", 1, "SUCCESS")
            is_stored.set()
            # Only gives a notification that was sent too early the time to arrive: there is no second poll to wait for.
            polled_before_commit.append(polled_again.wait(0.3))

    storing = threading.Thread(target=run_in_thread, args=(store,))

    def store_after_first_poll(number: int) -> None:
        if number == 1:
            storing.start()
            assert is_stored.wait(PATIENCE)
        else:
            polled_again.set()

    with on_each_poll(store_after_first_poll):
        assert app.AsyncResult("task").get() == 1
    storing.join()
    assert polled_before_commit == [False]


def test_group_is_woken_by_each_of_its_members() -> None:
    ids = [f"member-{number}" for number in range(20)]
    group = app.GroupResult("group", [app.AsyncResult(task_id) for task_id in ids])
    with on_each_poll(lambda number: store_outcome(*ids[number - 1 : number])):
        assert group.get() == [1] * 20


def test_threads_of_a_process_share_one_listening_connection() -> None:
    ids = [f"thread-{number}" for number in range(8)]
    values: list[int] = []
    listeners: set[int] = set()

    def wait(task_id: str) -> None:
        values.append(app.AsyncResult(task_id).get())
        connections.close_all()

    def finish_when_all_wait(number: int) -> None:
        if number == len(ids):
            listeners.update(listener_pids())
            store_outcome(*ids)

    threads = [threading.Thread(target=wait, args=(task_id,), daemon=True) for task_id in ids]
    with on_each_poll(finish_when_all_wait):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert values == [1] * 8
    assert len(listeners) == 1


def test_killed_listener_is_replaced_while_the_waiter_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "SAFETY_PAUSE", 0.05)
    killed: set[int] = set()

    def kill_then_finish(number: int) -> None:
        if not killed:
            killed.update(listener_pids())
            kill_listeners()
        elif listener_pids() - killed:  # it listens again: from now on only a notification wakes the waiter
            monkeypatch.setattr(waiting, "SAFETY_PAUSE", 3_600)
            store_outcome("task")

    with on_each_poll(kill_then_finish):
        assert app.AsyncResult("task").get() == 1
    assert killed


def test_lost_notification_delays_the_result_until_the_next_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications.Listener, "_wake", lambda self, task_id: None)
    monkeypatch.setattr(waiting, "SAFETY_PAUSE", 0.05)
    with finishing("task"):
        assert app.AsyncResult("task").get() == 1


def test_waiter_polls_if_the_server_refuses_the_listening_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(alias: str) -> None:
        raise ConnectionError("too many connections")

    monkeypatch.setattr(notifications, "_connect", refuse)
    with finishing("task"):
        assert app.AsyncResult("task").get() == 1


def test_aget_is_woken_by_the_result() -> None:
    with finishing("task"):
        assert run_coroutine(aget(app.AsyncResult("task"))) == 1


def test_aget_cancelled_while_it_connects_leaves_no_subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = notifications._connect
    is_connecting, is_cancelled = threading.Event(), threading.Event()

    def connect_after_the_cancellation(alias: str) -> Any:
        is_connecting.set()
        assert is_cancelled.wait(PATIENCE)
        return connect(alias)

    async def cancel_while_connecting() -> None:
        waiter = asyncio.create_task(aget(app.AsyncResult("never")))
        await asyncio.to_thread(is_connecting.wait, PATIENCE)
        waiter.cancel()
        await asyncio.sleep(0)  # the cancellation is delivered
        is_cancelled.set()
        with pytest.raises(asyncio.CancelledError):
            await waiter

    monkeypatch.setattr(notifications, "_connect", connect_after_the_cancellation)
    run_coroutine(cancel_while_connecting())
    (listener,) = notifications._listeners.values()
    wait_for(lambda: listener._is_alive)
    assert listener._wakes == {}


def test_forked_process_listens_on_a_connection_of_its_own() -> None:
    ended = run_program("tests.waiting.fork_program")
    assert (ended.returncode, ended.stdout.split()) == (0, ["child", "parent"]), ended.stderr


@pytest.mark.skipif(importlib.util.find_spec("gevent") is None, reason="gevent is missing")
def test_waiting_greenlets_are_woken_and_block_no_other() -> None:
    ended = run_program("tests.waiting.greenlets_program")
    assert (ended.returncode, ended.stdout) == (0, "[1, 1, 1, 1, 1]"), ended.stderr
    assert "Exception ignored" not in ended.stderr


def run_program(module: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this folder on the test database. One that hangs is stopped."""
    env = {**os.environ, **child_environment("memory://", results={"NOTIFY": True})}
    return subprocess.run(
        [sys.executable, "-m", module], env=env, check=False, capture_output=True, text=True, timeout=PATIENCE
    )
