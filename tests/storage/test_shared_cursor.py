"""Reads and writes of a thread share one cursor: it returns no other task's row, and outlives no connection."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, connections

from django_celery_results.backends import DatabaseBackend
from django_celery_results.connections import cursor_of
from tests.foreign_backend import foreign_backend
from tests.storage.requests import task_request

pytestmark = pytest.mark.django_db(transaction=True)


def store(backend: DatabaseBackend, value: Any) -> str:
    request = task_request()
    backend.mark_as_done(request.id, value, request=request)
    return str(request.id)


def read(backend: DatabaseBackend, task_id: str) -> Any:
    return backend.get_task_meta(task_id, cache=False)["result"]


def current_cursor() -> Any:
    with cursor_of(connections["default"]) as cursor:
        return cursor


def test_results_are_readable_after_the_connection_was_closed(backend: DatabaseBackend) -> None:
    task_id = store(backend, "kept")
    assert read(backend, task_id) == "kept"
    connection.close()
    assert read(backend, task_id) == "kept"
    assert read(backend, store(backend, "later")) == "later"


def test_cursor_is_not_shared_on_a_connection_shared_by_threads() -> None:
    connection.inc_thread_sharing()
    try:
        own = current_cursor()
        assert current_cursor() is not own
    finally:
        connection.dec_thread_sharing()


def test_concurrent_threads_read_their_own_rows(backend: DatabaseBackend) -> None:
    ids = {number: store(backend, number) for number in range(40)}

    def read_in_thread(number: int) -> list[Any]:
        try:
            return [read(backend, ids[number]) for _ in range(5)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read_in_thread, ids)) == [[number] * 5 for number in ids]


def test_reading_in_a_coroutine_raises_synchronous_only_operation(backend: DatabaseBackend) -> None:
    task_id = store(backend, 1)
    read(backend, task_id)

    async def read_in_coroutine() -> None:
        read(backend, task_id)

    with pytest.raises(SynchronousOnlyOperation):
        asyncio.run(read_in_coroutine())


@pytest.mark.skipif(connection.vendor == "sqlite", reason="each read on SQLite has a cursor of its own")
def test_cursor_is_replaced_after_reading_a_large_result(backend: DatabaseBackend) -> None:
    small, large = store(backend, "small"), store(backend, "x" * 100_000)
    read(backend, small)
    kept = current_cursor()
    read(backend, small)
    assert current_cursor() is kept
    read(backend, large)
    assert current_cursor() is not kept


def test_foreign_backend_makes_a_cursor_for_each_statement(
    backend: DatabaseBackend, as_worker: None, settings: Any
) -> None:
    """It may tell each cursor which tenant is served."""
    settings.DJANGO_CELERY_RESULTS = {"KEEP_CONNECTION": True}
    request = task_request()
    with foreign_backend() as foreign:
        assert backend.alias_for_write() == "default"
        for act in (
            lambda: backend.store_result(request.id, {"pid": 1}, "STARTED", request=request),  # not by another thread
            lambda: read(backend, request.id),
            lambda: backend.store_result(request.id, {"n": 1}, "PROGRESS", request=request),
            lambda: backend.mark_as_done(request.id, "done", request=request),
            lambda: read(backend, request.id),
        ):
            before = foreign.cursors
            act()
            assert foreign.cursors > before
        assert read(backend, request.id) == "done"


def test_cursor_is_not_shared_where_a_project_replaced_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (current_cursor() is current_cursor()) is (connection.vendor != "sqlite")
    make = connection.cursor
    monkeypatch.setattr(connections["default"], "cursor", lambda: make())
    assert current_cursor() is not current_cursor()


def test_cursor_is_not_shared_without_a_kept_connection(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"KEEP_CONNECTION": False}
    assert current_cursor() is not current_cursor()
