"""LISTEN and NOTIFY on PostgreSQL: woken at once, and polling where that fails."""

import importlib.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery.exceptions import TimeoutError as CeleryTimeoutError
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from django_celery_results.backends import notifications, waiting
from django_celery_results.backends.waiting import aget
from tests.celery_app import app
from tests.waiting.conftest import Finish, postgresql_only, run
from tests.workers import child_environment, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), postgresql_only]


@pytest.fixture(autouse=True)
def switched_on(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Waiters trust in being woken for longer than they have time: nothing but a notification helps them."""
    settings.DJANGO_CELERY_RESULTS = {"NOTIFY": True}
    monkeypatch.setattr(waiting, "SAFETY_PAUSE", 60)
    yield
    _kill_listener()
    wait_for(lambda: not _listeners())
    notifications._listeners.clear()


def _listeners() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (query LIKE 'LISTEN %' OR query LIKE 'SELECT pg_notify(%' AND state = 'idle')"
        )
        return [pid for (pid,) in cursor.fetchall()]


def _kill_listener() -> None:
    with connection.cursor() as cursor:
        for pid in _listeners():
            cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))


def test_a_waiter_is_woken_and_asks_twice(finish_later: Finish) -> None:
    finish_later(0.5, "soon")
    with CaptureQueriesContext(connection) as queries:
        app.AsyncResult("soon").get(timeout=10)
    assert len(queries) <= 3


def test_only_final_states_notify() -> None:
    with CaptureQueriesContext(connection) as queries:
        app.backend.store_result("task", {}, "STARTED")
        app.backend.store_result("task", 1, "SUCCESS")
    assert len([query for query in queries if "pg_notify" in query["sql"]]) == 1


def test_a_result_stored_in_a_transaction_wakes_at_its_commit() -> None:
    def store() -> None:
        with transaction.atomic():
            app.backend.store_result("kept back", 1, "SUCCESS")
            time.sleep(0.5)
        connections.close_all()

    thread = threading.Thread(target=store)
    thread.start()
    app.AsyncResult("kept back").get(timeout=10)
    thread.join()


def test_a_group_is_woken_member_by_member(finish_later: Finish) -> None:
    ids = [f"member-{number}" for number in range(20)]
    for number, task_id in enumerate(ids):
        finish_later(0.2 + number / 100, task_id)
    group = app.GroupResult("group", [app.AsyncResult(task_id) for task_id in ids])
    assert group.get(timeout=10) == [1] * 20


def test_many_threads_share_one_connection(finish_later: Finish) -> None:
    ids = [f"thread-{number}" for number in range(8)]
    found: list[int] = []

    def wait(task_id: str) -> None:
        found.append(app.AsyncResult(task_id).get(timeout=10))
        connections.close_all()

    threads = [threading.Thread(target=wait, args=(task_id,)) for task_id in ids]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(_listeners()) == 1)
    finish_later(0.2, *ids)
    for thread in threads:
        thread.join()
    assert found == [1] * 8


def test_a_killed_listener_falls_back_to_polling_and_comes_back(finish_later: Finish) -> None:
    finish_later(0.6, "soon")
    killer = threading.Timer(0.2, _kill_from_another_connection)
    killer.start()
    assert app.AsyncResult("soon").get(timeout=10) == 1
    killer.join()


def _kill_from_another_connection() -> None:
    _kill_listener()
    connections.close_all()


def test_a_notification_that_was_swallowed_costs_time_and_no_result(
    finish_later: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications.Listener, "_wake", lambda self, task_id: None)
    monkeypatch.setattr(waiting, "SAFETY_PAUSE", 0.5)
    finish_later(0.3, "unheard")
    assert app.AsyncResult("unheard").get(timeout=10) == 1


def test_a_server_that_refuses_the_connection_means_polling(
    finish_later: Finish, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(alias: str) -> None:
        raise ConnectionError("too many connections")

    monkeypatch.setattr(notifications, "_connect", refuse)
    finish_later(0.2, "polled")
    assert app.AsyncResult("polled").get(timeout=10) == 1


def test_a_coroutine_is_woken_too(finish_later: Finish) -> None:
    finish_later(0.5, "soon")
    assert run(aget(app.AsyncResult("soon"), timeout=10)) == 1


def test_a_coroutine_that_gave_up_while_it_connected_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = notifications._connect

    def slowly(alias: str) -> Any:
        time.sleep(0.5)
        return connect(alias)

    monkeypatch.setattr(notifications, "_connect", slowly)
    with pytest.raises(CeleryTimeoutError):
        run(aget(app.AsyncResult("never"), timeout=0.1))
    (listener,) = notifications._listeners.values()
    wait_for(lambda: listener._is_alive)
    assert listener._wakes == {}


def test_a_forked_child_listens_for_itself(finish_later: Finish) -> None:
    app.backend.store_result("before", 1, "SUCCESS")
    app.AsyncResult("before").get(timeout=10)
    wait_for(_listeners)
    finish_later(0.8, "in parent", "in child")
    child = subprocess.run(
        [sys.executable, "-c", _FORK],
        env={
            **os.environ,
            "DATABASE_NAME": connection.settings_dict["NAME"],
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        },
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (child.returncode, child.stdout.decode().split()) == (0, ["child", "parent"]), child.stderr.decode()


_FORK = """
import importlib.util
import os
from tests.celery_app import app
from django.conf import settings
from django.db import connections
from django_celery_results.backends import waiting
settings.DJANGO_CELERY_RESULTS = {"NOTIFY": True}
waiting.SAFETY_PAUSE = 60
app.backend.store_result("forked", 1, "SUCCESS")
app.AsyncResult("forked").get(timeout=10)
connections.close_all()
if pid := os.fork():
    assert os.waitpid(pid, 0)[1] == 0
    assert app.AsyncResult("in parent").get(timeout=10) == 1
    print("parent", flush=True)
else:
    assert app.AsyncResult("in child").get(timeout=10) == 1
    print("child", flush=True)
    os._exit(0)
"""


@pytest.mark.skipif(importlib.util.find_spec("gevent") is None, reason="gevent is missing")
def test_greenlets_are_woken_and_block_nobody() -> None:
    env = {**os.environ, **child_environment("memory://", results={"NOTIFY": True})}
    program = [sys.executable, "-m", "tests.waiting.greenlets"]
    ended = subprocess.run(program, env=env, check=True, capture_output=True, text=True, timeout=60)
    longest, counted = ended.stdout.split()
    assert float(longest) < 10
    assert int(counted) > 10
    assert "Exception ignored" not in ended.stderr
