"""One worker for each module of chord tests, and a twin of it on Celery's Redis backend to compare with."""

import gc
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, Signature, current_app

from tests.celery_app import app as our_app
from tests.isolation import RUN_ID, transport_options
from tests.workers import PATIENCE, Worker, publishing_to, running_worker, settle, wait_for

TIMEOUT = PATIENCE


@dataclass
class Notes:
    """What tasks wrote down."""

    path: str

    def read(self) -> list[Any]:
        path = Path(self.path)
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def wait(self, count: int = 1) -> list[Any]:
        return wait_for(lambda: (found := self.read()) and len(found) >= count and found, TIMEOUT)


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(str(tmp_path / "notes"))


@pytest.fixture
def more_notes(tmp_path: Path) -> Notes:
    return Notes(str(tmp_path / "more"))


@contextmanager
def sending_to(worker: Worker, app: Celery = our_app) -> Iterator[None]:
    """Make this app the current one, and the worker's queue the one where everything goes."""
    before = current_app._get_current_object()
    app.conf.task_routes = (lambda name, *args, **kwargs: {"queue": worker.queue},)
    app.amqp.flush_routes()
    app.amqp.__dict__.pop("router", None)
    app.set_current()
    try:
        yield
    finally:
        app.conf.task_routes = None
        app.amqp.flush_routes()
        app.amqp.__dict__.pop("router", None)
        before.set_current()


@pytest.fixture(scope="session")
def shared_chord_worker(redis: str, django_db_setup: None) -> Iterator[Worker]:
    """The one worker of a run that completes chords. Tests take `chord_worker`."""
    with running_worker(redis, concurrency=2, results={"CHORD_LEASE": 2}) as running:
        yield running
        running.kill()


@pytest.fixture
def chord_worker(shared_chord_worker: Worker, transactional_db: None) -> Iterator[Worker]:
    """A worker with two processes to which this process sends everything."""
    with publishing_to(shared_chord_worker.broker):
        with sending_to(shared_chord_worker):
            yield shared_chord_worker
        settle(shared_chord_worker)


@pytest.fixture(scope="session")
def twin(redis: str, django_db_setup: None) -> Iterator[tuple[Celery, Worker]]:
    """A worker on Celery's own Redis backend, and the app that publishes to it."""
    results = {
        "result_backend": redis,
        "result_backend_transport_options": {"global_keyprefix": f"{RUN_ID}:twin:"},
        "result_expires": 60,
    }
    with running_worker(redis, concurrency=2, celery=results) as running:
        app = Celery("twin", set_as_current=False, broker=redis)
        app.conf.update(results, broker_transport_options=transport_options(redis), task_default_queue=running.queue)
        app.finalize()
        yield app, running
        app.pool.force_close_all()
        app.amqp.producer_pool.force_close_all()
        app.backend.result_consumer.stop()
        app.backend.result_consumer._pubsub = None  # results that are collected later would connect it again
        app.backend.client.connection_pool.disconnect()


Outcome = tuple[str, Any]
Compare = Callable[[Callable[[], Signature]], Outcome]


def outcome_of(canvas: Callable[[], Signature]) -> Outcome:
    """How a canvas ends for its caller."""
    result = canvas().apply_async()
    try:
        return "value", result.get(timeout=TIMEOUT)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
        return type(error).__name__, re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", str(error))


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """An old result that is collected while redis-py holds its lock asks for that lock again, for ever."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.fixture
def both(chord_worker: Worker, twin: tuple[Celery, Worker]) -> Compare:
    """Run a canvas here and on Celery's Redis backend; the one outcome they must have in common."""

    def compare(canvas: Callable[[], Signature]) -> Outcome:
        ours = outcome_of(canvas)
        app, worker = twin
        with sending_to(worker, app), _nothing_collected():
            theirs = outcome_of(canvas)
        assert ours == theirs
        return ours

    return compare
