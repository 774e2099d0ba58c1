"""The setting KEEP_CONNECTION: which process keeps a connection, what is prepared on it, and when it is reopened."""

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, signals, states
from celery.contrib.testing.worker import start_worker
from django.db import close_old_connections, connection, connections, transaction
from django.db.models import signals as model_signals
from django.test.utils import CaptureQueriesContext

from django_celery_results import connections as result_connections
from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import GroupResult, TaskResult
from tests.celery_app import app
from tests.storage.requests import task_request

pytestmark = pytest.mark.django_db(transaction=True)
on_a_server = pytest.mark.skipif(connection.vendor == "sqlite", reason="workers on SQLite keep none")
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="statements are prepared on PostgreSQL only"
)


@pytest.fixture
def keep_connection(as_worker: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process keep a connection as a worker does, and close it at the end."""
    settings.DJANGO_CELERY_RESULTS = {"KEEP_CONNECTION": True, "MERGE_STARTED_AFTER": 0}
    monkeypatch.setattr(result_connections, "_unprepared", set())
    yield
    name = f"default of results in {os.getpid()}"
    if hasattr(connections._connections, name):  # type: ignore[attr-defined]
        connections[name].close()
        del connections[name]


def test_processes_other_than_workers_keep_no_connection(backend: DatabaseBackend, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"KEEP_CONNECTION": True}
    assert backend.alias_for_write() == "default"


def test_worker_in_a_thread_of_a_test_makes_no_worker_of_the_process() -> None:
    celery_app = Celery("in-thread", broker="memory://", set_as_current=False)
    signals.setup_logging.connect(keep_loggers)
    with start_worker(celery_app, pool="solo", perform_ping_check=False):
        assert not result_connections.is_worker()
        assert not result_connections.is_main_process_of_worker()
    signals.setup_logging.disconnect(keep_loggers)
    app.set_default()
    app.set_current()


def keep_loggers(**_: Any) -> None:
    """Receive `setup_logging`, so that the worker does not set the level of the root logger for later tests."""


@on_a_server
@pytest.mark.parametrize(("age", "kept"), [(0, False), (60, True), (None, True)])
def test_conn_max_age_decides_if_keep_connection_is_unset(
    age: int | None,
    kept: bool,
    backend: DatabaseBackend,
    keep_connection: None,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.DJANGO_CELERY_RESULTS = {}
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", age)
    assert (backend.alias_for_write() != "default") is kept


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only on SQLite")
def test_workers_on_sqlite_keep_no_connection(backend: DatabaseBackend, keep_connection: None) -> None:
    assert backend.alias_for_write() == "default"


@on_a_server
@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_progress_in_an_atomic_block_belongs_to_its_transaction(
    ends: str, backend: DatabaseBackend, keep_connection: None
) -> None:
    request = task_request()
    with transaction.atomic():
        backend.store_result(request.id, {"n": 1}, "PROGRESS", request=request)
        assert backend.get_state(request.id) == "PROGRESS", "a task reads what it stored"
        assert seen_by_others() == []
        transaction.set_rollback(ends == "rollback")
    assert seen_by_others() == ([request.id] if ends == "commit" else [])
    assert backend.alias_for_write() != "default", "after the block the connection that is kept is used again"


@on_a_server
def test_store_in_a_manual_transaction_belongs_to_it(backend: DatabaseBackend, keep_connection: None) -> None:
    request = task_request()
    transaction.set_autocommit(False)
    try:
        backend.store_result(request.id, {"n": 1}, "PROGRESS", request=request)
        assert seen_by_others() == []
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert seen_by_others() == [request.id]


def seen_by_others() -> list[str]:
    """The ids of the tasks that another connection finds."""
    other = connection.copy("other")
    try:
        with other.cursor() as cursor:
            cursor.execute(f"SELECT task_id FROM {TaskResult._meta.db_table}")
            return [row[0] for row in cursor.fetchall()]
    finally:
        other.close()


@on_a_server
def test_close_all_does_not_close_the_kept_connection(backend: DatabaseBackend, keep_connection: None) -> None:
    backend.store_result("t", 1, states.SUCCESS)
    kept = connections[backend.alias_for_write()]
    before = kept.connection
    connections.close_all()
    close_old_connections()
    backend.store_result("u", 1, states.SUCCESS)
    assert before is not None
    assert kept.connection is before
    assert kept.alias not in set(connections)


@on_a_server
def test_cursor_is_reused_and_execute_wrappers_see_its_statements(
    backend: DatabaseBackend, keep_connection: None
) -> None:
    backend.store_result("t", 1, states.SUCCESS)
    kept = connections[backend.alias_for_write()]
    used: list[Any] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        used.append(context["cursor"])
        return execute(sql, params, many, context)

    with kept.execute_wrapper(watch):
        backend.store_result("u", 1, states.SUCCESS)
        backend.store_result("v", 1, states.SUCCESS)
        backend.store_result("large", "x" * 100_000, states.SUCCESS)
        with CaptureQueriesContext(kept) as logged:
            backend.store_result("w", 1, states.SUCCESS)
    kept.close()
    backend.store_result("x", 1, states.SUCCESS)
    assert len({id(cursor) for cursor in used}) == 3, (
        "one for most, one for the large result, one for the logged statement"
    )
    assert "INSERT" in logged[-1]["sql"]
    assert TaskResult.objects.count() == 6


@on_a_server
def test_kept_connection_is_reopened_after_its_maximum_age(backend: DatabaseBackend, keep_connection: None) -> None:
    backend.store_result("t", 1, states.SUCCESS)
    kept = connections[backend.alias_for_write()]
    before = kept.connection
    kept.close_at = 0
    backend.store_result("u", 1, states.SUCCESS)
    assert kept.connection is not before


@on_a_server
def test_kept_connection_is_reopened_when_its_server_became_read_only(
    backend: DatabaseBackend, keep_connection: None
) -> None:
    backend.store_result("t", 1, states.SUCCESS)
    kept = connections[backend.alias_for_write()]
    with kept.cursor() as cursor:
        cursor.execute(
            "SET default_transaction_read_only = on"
            if kept.vendor == "postgresql"
            else "SET SESSION TRANSACTION READ ONLY"
        )
    backend.store_result("u", 1, states.SUCCESS)
    assert TaskResult.objects.count() == 2


@on_a_server
def test_each_thread_keeps_its_own_connection(backend: DatabaseBackend, keep_connection: None) -> None:
    connections_of_threads = []

    def store() -> None:
        backend.store_result(threading.current_thread().name, 1, states.SUCCESS)
        kept = connections[backend.alias_for_write()]
        connections_of_threads.append(kept.connection)
        kept.close()

    threads = [threading.Thread(target=store) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, connections_of_threads))) == 3
    assert TaskResult.objects.count() == 3


@on_a_server
def test_forked_child_opens_a_connection_of_its_own(backend: DatabaseBackend, keep_connection: None) -> None:
    backend.store_result("parent", 1, states.SUCCESS)
    child = os.fork()
    if child == 0:
        try:
            backend.store_result("child", 1, states.SUCCESS)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    backend.store_result("parent again", 1, states.SUCCESS)
    assert TaskResult.objects.count() == 3


@on_postgresql
def test_writes_are_prepared_statements(backend: DatabaseBackend, keep_connection: None) -> None:
    for number in range(3):
        backend.store_result(f"t{number}", 1, states.SUCCESS)
    with connections[backend.alias_for_write()].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%incoming%'")
        assert cursor.fetchone() == (1,)


@on_postgresql
def test_results_are_stored_after_a_pooler_lost_the_prepared_statements(
    backend: DatabaseBackend, keep_connection: None
) -> None:
    for number in range(3):
        backend.store_result(f"t{number}", 1, states.SUCCESS)
    kept: Any = connections[backend.alias_for_write()]
    kept.connection.pgconn.exec_(b"DEALLOCATE ALL")  # as if another server connection answered
    for number in range(3, 6):
        backend.store_result(f"t{number}", 1, states.SUCCESS)
    assert TaskResult.objects.filter(status="SUCCESS").count() == 6
    assert kept.connection.prepare_threshold is None
    kept.close()
    backend.store_result("later", 1, states.SUCCESS)
    assert kept.connection.prepare_threshold is None


@on_postgresql
def test_disabled_server_side_cursors_disable_prepared_statements(
    backend: DatabaseBackend, keep_connection: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    backend.store_result("t", 1, states.SUCCESS)
    kept: Any = connections[backend.alias_for_write()]
    assert kept.connection.prepare_threshold is None


@on_a_server
def test_signal_receivers_find_the_row_on_the_default_connection(
    backend: DatabaseBackend, keep_connection: None
) -> None:
    states_found = []

    def read(instance: TaskResult, **_: Any) -> None:
        states_found.append(TaskResult.objects.get(pk=instance.pk).status)

    model_signals.post_save.connect(read, sender=TaskResult)
    try:
        backend.store_result("t", 1, states.SUCCESS)
    finally:
        model_signals.post_save.disconnect(read, sender=TaskResult)
    assert states_found == ["SUCCESS"]


@on_a_server
def test_signal_receivers_can_lock_stored_groups_and_deleted_tasks(
    backend: DatabaseBackend, keep_connection: None
) -> None:
    could_lock: list[bool] = []

    def lock(instance: Any, **_: Any) -> None:
        could_lock.append(type(instance).objects.filter(pk=instance.pk).select_for_update(nowait=True).exists())

    backend.store_result("member", 1, states.SUCCESS)
    with transaction.atomic():
        model_signals.post_save.connect(lock, sender=GroupResult)
        model_signals.pre_delete.connect(lock, sender=TaskResult)
        try:
            backend.save_group("g", app.GroupResult("g", [app.AsyncResult("member")]))
            backend.forget("member")
        finally:
            model_signals.post_save.disconnect(lock, sender=GroupResult)
            model_signals.pre_delete.disconnect(lock, sender=TaskResult)
    assert could_lock == [True, True]
    assert not TaskResult.objects.exists()
