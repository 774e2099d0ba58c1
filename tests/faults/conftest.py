"""The workers that tests of faults share."""

from collections.abc import Iterator

import pytest

from tests.faults.fault_workers import FaultWorker, running_fault_worker
from tests.workers import publishing_to, settle


@pytest.fixture(scope="session")
def shared_fault_worker(request: pytest.FixtureRequest, redis: str, django_db_setup: None) -> Iterator[FaultWorker]:
    """The one worker of a run with each name. Tests take `fault_worker`, and name it by the mark `over`."""
    with running_fault_worker(redis, request.param) as running:
        yield running
        running.worker.kill()


@pytest.fixture
def fault_worker(shared_fault_worker: FaultWorker, transactional_db: None) -> Iterator[FaultWorker]:
    """A worker whose connections to the database a test can break; this process publishes to its broker."""
    with publishing_to(shared_fault_worker.worker.broker, shared_fault_worker.worker.exchange):
        yield shared_fault_worker
        settle(shared_fault_worker.worker)
