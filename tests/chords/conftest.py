"""The worker that tests of chords share, and a worker on Celery's Redis backend to compare with."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery, Signature

from tests.chords.call_log import CallLog
from tests.chords.comparison import Outcome, OutcomeOnBoth, outcome_of, outcome_on_redis_backend
from tests.chords.routing import routing_all_tasks_to
from tests.isolation import RUN_ID, new_queue, transport_options
from tests.workers import Worker, publishing_to, running_worker, settle


@pytest.fixture
def body_calls(tmp_path: Path) -> CallLog:
    """The calls of the body `collect`, which gets the path."""
    return CallLog(str(tmp_path / "body-calls"))


@pytest.fixture
def errback_calls(tmp_path: Path) -> CallLog:
    """The calls of the errback `record_error`, which gets the path."""
    return CallLog(str(tmp_path / "errback-calls"))


@pytest.fixture(scope="session")
def shared_chord_worker(redis: str, django_db_setup: None) -> Iterator[Worker]:
    """The one worker of a run that completes chords. Tests take `chord_worker`."""
    with running_worker(redis, exchange=new_queue(), concurrency=2) as running:
        yield running
        running.kill()


@pytest.fixture
def chord_worker(shared_chord_worker: Worker, transactional_db: None) -> Iterator[Worker]:
    """A worker with two processes to which this process sends everything."""
    with publishing_to(shared_chord_worker.broker, shared_chord_worker.exchange):
        with routing_all_tasks_to(shared_chord_worker):
            yield shared_chord_worker
        settle(shared_chord_worker)


@pytest.fixture(scope="session")
def redis_backend_worker(redis: str, django_db_setup: None) -> Iterator[tuple[Celery, Worker]]:
    """A worker on Celery's own Redis backend, and the app that publishes to it."""
    results = {
        "result_backend": redis,
        "result_backend_transport_options": {"global_keyprefix": f"{RUN_ID}:redis-backend:"},
        "result_expires": 600,
    }
    with running_worker(redis, exchange=new_queue(), concurrency=2, celery=results) as running:
        app = Celery("redis-backend", set_as_current=False, broker=redis)
        app.conf.update(results, broker_transport_options=transport_options(redis), task_default_queue=running.queue)
        app.finalize()
        yield app, running
        app.pool.force_close_all()
        app.amqp.producer_pool.force_close_all()
        app.backend.result_consumer.stop()
        app.backend.result_consumer._pubsub = None  # results that are collected later would connect it again
        app.backend.client.connection_pool.disconnect()


@pytest.fixture
def outcome_on_both(chord_worker: Worker, redis_backend_worker: tuple[Celery, Worker]) -> OutcomeOnBoth:
    """Run a canvas here and on Celery's Redis backend, and return the outcome, which must be the same."""

    def compare(canvas: Callable[[], Signature]) -> Outcome:
        ours = outcome_of(canvas)
        theirs = outcome_on_redis_backend(canvas, *redis_backend_worker)
        assert ours == theirs
        return ours

    return compare
