"""The same action in several threads at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

from tests.workers import PATIENCE

T = TypeVar("T")


def run_concurrently(count: int, action: Callable[[], T]) -> list[T]:
    """Run the action in so many threads that begin together; return what each of them returned."""
    start = threading.Barrier(count)

    def run(_: int) -> T:
        try:
            start.wait(PATIENCE)
            return action()
        finally:
            connection.close()  # that of this thread

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))
