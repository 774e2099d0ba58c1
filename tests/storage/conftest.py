"""A backend inside the process of a test, and the worker that tests of queued tasks share."""

from collections.abc import Iterator

import pytest

from django_celery_results import connections as result_connections
from django_celery_results import guarded_write
from django_celery_results.backends import DatabaseBackend
from django_celery_results.backends import started as started_module
from tests.celery_app import app
from tests.isolation import new_queue
from tests.workers import Worker, publishing_to, running_worker, settle


@pytest.fixture
def backend() -> DatabaseBackend:
    return DatabaseBackend(app)


@pytest.fixture
def as_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process store results as a worker does that has just started."""
    monkeypatch.setitem(result_connections._state, "is_worker", True)
    monkeypatch.setattr(started_module, "_process", started_module.HeldStarts())
    monkeypatch.setattr(guarded_write, "_shared", set())


@pytest.fixture(scope="session")
def shared_tracking_worker(redis: str, django_db_setup: None) -> Iterator[Worker]:
    """The one worker of a run that tracks queued tasks. Tests take `tracking_worker`."""
    with running_worker(redis, exchange=new_queue(), results={"TRACK_QUEUED": True}) as running:
        yield running
        running.kill()


@pytest.fixture
def tracking_worker(shared_tracking_worker: Worker, transactional_db: None) -> Iterator[Worker]:
    """A worker with TRACK_QUEUED that tests share; this process publishes to its broker."""
    with publishing_to(shared_tracking_worker.broker, shared_tracking_worker.exchange):
        yield shared_tracking_worker
        settle(shared_tracking_worker)
