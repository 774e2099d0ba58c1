"""Reads and writes of a thread share a cursor: nobody gets another's row, or one of a connection that is gone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, connections

from django_celery_results.backends import DatabaseBackend
from django_celery_results.connections import cursor_of

from .conftest import request_of

pytestmark = pytest.mark.django_db(transaction=True)


def done(backend: DatabaseBackend, value: Any) -> str:
    request = request_of()
    backend.mark_as_done(request.id, value, request=request)
    return str(request.id)


def value(backend: DatabaseBackend, task_id: str) -> Any:
    return backend.get_task_meta(task_id, cache=False)["result"]


def cursor() -> Any:
    with cursor_of(connection) as found:
        return found


def test_a_connection_that_was_closed_is_not_asked_again(backend: DatabaseBackend) -> None:
    task_id = done(backend, "kept")
    assert value(backend, task_id) == "kept"
    connection.close()
    assert value(backend, task_id) == "kept"
    assert value(backend, done(backend, "later")) == "later"


def test_a_connection_that_threads_share_gives_each_reader_a_cursor_of_its_own() -> None:
    connection.inc_thread_sharing()
    try:
        own = cursor()
        assert cursor() is not own
    finally:
        connection.dec_thread_sharing()


def test_threads_of_their_own_connections_read_their_own_rows(backend: DatabaseBackend) -> None:
    ids = {number: done(backend, number) for number in range(40)}

    def read(number: int) -> Any:
        try:
            return [value(backend, ids[number]) for _ in range(5)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, ids)) == [[number] * 5 for number in ids]


def test_coroutines_are_refused_as_by_any_query(backend: DatabaseBackend) -> None:
    task_id = done(backend, 1)
    value(backend, task_id)

    async def ask() -> None:
        value(backend, task_id)

    with pytest.raises(SynchronousOnlyOperation):
        asyncio.run(ask())


@pytest.mark.skipif(connection.vendor == "sqlite", reason="each read there has a cursor of its own")
def test_a_large_result_is_not_held_on_to(backend: DatabaseBackend) -> None:
    small, large = done(backend, "small"), done(backend, "x" * 100_000)
    value(backend, small)
    kept = cursor()
    value(backend, small)
    assert cursor() is kept
    value(backend, large)
    assert cursor() is not kept
