"""Act between two polls of a waiter, so that tests of waiting depend on what the waiter did and not on time.

A waiter that should be woken is given no timeout, as its last look at the end of a timeout would find the result, too.
One that is not woken is stopped by pytest.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.db.backends.utils import CursorWrapper

from django_celery_results.models import TaskResult
from tests.celery_app import app

_ACTING = threading.local()


@contextmanager
def on_each_poll(act: Callable[[int], None]) -> Iterator[None]:
    """Call `act` with the number of the poll, from 1, when a waiter has queried tasks and before it reads the rows.

    Counts the queries of all threads. Queries that `act` makes itself are no polls.
    """
    execute = CursorWrapper.execute
    numbers = itertools.count(1)

    def execute_and_act(cursor: CursorWrapper, sql: str, params: Any = None) -> Any:
        result = execute(cursor, sql, params)
        is_poll = sql.startswith("SELECT") and TaskResult._meta.db_table in sql
        if is_poll and not getattr(_ACTING, "is_set", False):
            with _acting():
                act(next(numbers))
        return result

    CursorWrapper.execute = execute_and_act  # type: ignore[method-assign]
    try:
        yield
    finally:
        CursorWrapper.execute = execute  # type: ignore[method-assign]


@contextmanager
def finishing(*task_ids: str, after_poll: int = 1, state: str = "SUCCESS", value: Any = 1) -> Iterator[None]:
    """Store the outcome of these tasks after the poll of this number, which still finds them unfinished."""

    def finish(number: int) -> None:
        if number == after_poll:
            store_outcome(*task_ids, state=state, value=value)

    with on_each_poll(finish):
        yield


def store_outcome(*task_ids: str, state: str = "SUCCESS", value: Any = 1) -> None:
    """Store the outcome of these tasks as a worker would: on another connection, and committed on return."""

    def store() -> None:
        for task_id in task_ids:
            app.backend.store_result(task_id, value, state)

    run_in_thread(store)


def run_in_thread(work: Callable[[], None]) -> None:
    """Run this in another thread to its end, and close the thread's connections."""

    def run() -> None:
        with _acting():
            try:
                work()
            finally:
                connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


@contextmanager
def _acting() -> Iterator[None]:
    _ACTING.is_set = True
    try:
        yield
    finally:
        _ACTING.is_set = False
