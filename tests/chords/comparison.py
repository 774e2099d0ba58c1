"""Compare how a canvas ends here with how it ends on Celery's Redis backend."""

import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery, Signature

from tests.chords.routing import routing_all_tasks_to
from tests.workers import PATIENCE, Worker, wait_for

Outcome = tuple[str, Any]
"""`value` and the result, or the name and text of the error."""
OutcomeOnBoth = Callable[[Callable[[], Signature]], Outcome]
"""The type of the fixture `outcome_on_both`."""


def outcome_of(canvas: Callable[[], Signature]) -> Outcome:
    """Run a canvas, and return how it ends for its caller.

    `get()` raises the error of a member where that is stored by then. Wait for it, so that the outcome does not depend
    on how quick the member is.
    """
    result = canvas().apply_async()
    wait_for(lambda: result.ready() or any(parent.failed() for parent in _parents(result)))
    try:
        return "value", result.get(timeout=PATIENCE)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
        return type(error).__name__, re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", str(error))


def _parents(result: Any) -> Iterator[Any]:
    while result := result.parent:
        yield result


def outcome_on_redis_backend(canvas: Callable[[], Signature], app: Celery, worker: Worker) -> Outcome:
    """Run a canvas by the app and the worker on Celery's Redis backend."""
    with routing_all_tasks_to(worker, app), _no_garbage_collection():
        return outcome_of(canvas)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep old results alive: one that is collected while redis-py holds its lock waits for that lock for ever."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
