"""Start real Celery workers for tests: each is a process on the test database that reads a queue of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.app.control import Control
from django.db import connection

from django_celery_results.models import TaskResult
from tests.celery_app import app
from tests.isolation import RUN_ID, new_queue, transport_options
from tests.tasks import add

PATIENCE = 60.0
"""Seconds that a wait may last before it fails: far more than any takes, even where all cores are busy."""

LEAVES_TO_OTHERS = {"OPERATION_LEASE": 86_400, "CHORD_LEASE": 86_400}
"""Settings of a worker that outlives a test: it looks for interrupted work at its start and not again.

It would carry on what a later test left behind on the same database, and publish that to its own broker.
"""

SERIALIZERS = ["json", "yaml", "msgpack", "pickle"]
"""The serializers that the shared worker accepts."""

RunWorker = Callable[..., AbstractContextManager["Worker"]]
"""The type of the fixture `run_worker`."""

over_redis = pytest.mark.parametrize("shared_worker", ["redis"], indirect=True)
"""Mark a test that uses the fixture `worker` and does not depend on the broker."""


@dataclass
class Worker:
    """A running worker. `running_worker` creates it.

    Attributes:
        queue: The queue that it reads.
        hostname: Its node name.
        exchange: The exchange whose broadcasts it receives.
    """

    process: subprocess.Popen[bytes]
    queue: str
    hostname: str
    broker: str
    exchange: str
    log_path: Path

    @property
    def log(self) -> str:
        """What the worker printed so far."""
        return self.log_path.read_text(errors="replace")

    def kill(self) -> None:
        """Kill the worker and its children, as `kill -9` does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self) -> None:
        """Stop the worker as SIGTERM does; kill it where that takes longer than 15 seconds."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # children that outlived their parent


@contextmanager
def running_worker(
    broker: str,
    *,
    queue: str | None = None,
    exchange: str | None = None,
    pool: str = "prefork",
    concurrency: int = 2,
    celery: dict[str, Any] | None = None,
    results: dict[str, Any] | None = None,
    env: dict[str, str] | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[Worker]:
    """Start a worker on the current test database and wait until it consumes.

    Tests take the fixture `run_worker`, which names the broker and lets this process publish to it.

    Args:
        broker: The URL of the broker.
        queue: The queue to consume; a new one unless given.
        exchange: The exchange whose broadcasts it receives; that of this process unless given. A worker that outlives
            a test has its own, and leaves interrupted work to others.
        celery: Celery settings of the worker's process.
        results: The setting DJANGO_CELERY_RESULTS of the worker's process.
        env: More environment variables of the worker's process.
        options: More options of `celery worker`.
    """
    queue = queue or new_queue()
    if exchange:
        results = LEAVES_TO_OTHERS | (results or {})
    exchange = exchange or str(app.conf.control_exchange)
    hostname = f"{new_queue()}@test"
    log_path = Path(tempfile.mkstemp(prefix="dcr-worker-", suffix=".log")[1])
    command = [sys.executable, "-m", "celery", "-A", "tests.celery_app", "worker", "-Q", queue, "-n", hostname]
    command += ["-P", pool, "-c", str(concurrency), "-l", "INFO", "--without-gossip", "--without-mingle", *options]
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={
                **os.environ,
                **child_environment(broker, queue, celery, results),
                "TEST_EXCHANGE": exchange,
                **(env or {}),
            },
        )
    worker = Worker(
        process=process, queue=queue, hostname=hostname, broker=broker, exchange=exchange, log_path=log_path
    )
    try:
        wait_for(lambda: " ready." in worker.log or _fail_if_ended(worker), pause=0.05)
        yield worker
    except BaseException:
        sys.stdout.write(f"{' '.join(command)}\n{worker.log[-20_000:]}\n")  # pytest shows it with the failure
        raise
    finally:
        worker.stop()
        log_path.unlink(missing_ok=True)


def _fail_if_ended(worker: Worker) -> None:
    if worker.process.poll() is not None:
        raise RuntimeError(f"the worker ended at start:\n{worker.log}")


@contextmanager
def publishing_to(broker: str, exchange: str | None = None) -> Iterator[None]:
    """Make the Celery app of the suite publish to this broker, and broadcast to this exchange, for a while."""
    before, exchange_before = str(app.conf.broker_url), str(app.conf.control_exchange)
    _use_broker(app, broker, exchange or exchange_before)
    try:
        yield
    finally:
        _use_broker(app, before, exchange_before)


def _use_broker(celery_app: Celery, url: str, exchange: str) -> None:
    # kombu keeps a pool of connections for each broker; the app asks for its own again.
    celery_app.__dict__.pop("control", None)
    celery_app.conf.update(
        broker_url=url,
        broker_write_url=url,
        broker_read_url=url,
        broker_transport_options=transport_options(url),
        control_exchange=exchange,
        event_exchange=f"{exchange}-events",
    )
    celery_app._pool = None
    celery_app.amqp._producer_pool = None


def settle(worker: Worker) -> None:
    """Leave nothing of a test in a worker that the next test shares.

    Kill what still runs, and wait until the worker holds no task: it stores the last state before it lets a task go.
    """
    control = Control(app)  # what the test put in place of the methods of `app.control` is still there

    def is_idle() -> bool:
        held = tell("held_tasks")
        if held:
            control.revoke(held, terminate=True, signal="SIGKILL", destination=[worker.hostname])
        return not held

    def tell(command: str) -> Any:
        replies = control.broadcast(command, reply=True, destination=[worker.hostname], limit=1, timeout=PATIENCE)
        assert replies, worker.log
        return replies[0][worker.hostname]

    wait_for(is_idle, pause=0.1)
    tell("forget_revokes")


def child_environment(
    broker: str,
    queue: str = "",
    celery: dict[str, Any] | None = None,
    results: dict[str, Any] | None = None,
) -> dict[str, str]:
    """Return the environment that makes another process use the current test database."""
    return {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_NAME": str(connection.settings_dict["NAME"]),
        "BROKER_URL": broker,
        "C_FORCE_ROOT": "1",  # a test machine may be a container whose only user is root
        "TEST_EXCHANGE": str(app.conf.control_exchange),
        "TEST_QUEUE": queue or f"{RUN_ID}-default",
        "TEST_CELERY": json.dumps(celery or {}),
        "TEST_DJANGO_CELERY_RESULTS": json.dumps(results or {}),
    }


def wait_for(condition: Callable[[], Any], timeout: float = PATIENCE, pause: float = 0.02) -> Any:
    """Return the first true value of `condition()`; fail if there is none within so many seconds."""
    deadline = time.monotonic() + timeout
    while True:
        if value := condition():
            return value
        assert time.monotonic() < deadline, f"{condition} did not become true within {timeout} s"
        time.sleep(pause)


def wait_for_state(task_id: str, *states: str) -> TaskResult:
    """Return the row of a task once it is in one of these states."""
    row: TaskResult = wait_for(lambda: TaskResult.objects.filter(task_id=task_id, status__in=states).first())
    return row


def wait_until_served(worker: Worker) -> None:
    """Wait until a worker has received every task that was sent to it before, and one with one process has logged each.

    Sends a last task: queues are served in order.
    """
    last = add.apply_async((1, 2), queue=worker.queue)
    wait_for(lambda: f"[{last.id}] succeeded" in worker.log)
