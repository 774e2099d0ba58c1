"""Real Celery workers for tests: a process of its own, on the test database, on a queue of its own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from tests import services

START_TIMEOUT = 30.0
REDIS = services.redis_url()
RABBITMQ = services.RABBITMQ


@dataclass
class Worker:
    """A running worker: `queue` is where to send tasks, `hostname` its node name, `log` what it printed so far."""

    process: subprocess.Popen[bytes]
    queue: str
    hostname: str
    broker: str
    log_path: Path

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def kill(self) -> None:
        """As `kill -9` of the worker and all its children."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
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
    *,
    broker: str = REDIS,
    queue: str | None = None,
    pool: str = "prefork",
    concurrency: int = 2,
    celery: dict[str, Any] | None = None,
    results: dict[str, Any] | None = None,
    env: dict[str, str] | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[Worker]:
    """Start a worker on the current test database and wait until it consumes.

    `celery` are Celery settings, `results` the setting DJANGO_CELERY_RESULTS of the worker's process. Publish with
    `task.apply_async(queue=worker.queue)` on `tests.celery_app.app` configured for the same broker.
    """
    services.require(broker)
    queue = queue or f"dcr-{uuid.uuid4().hex[:12]}"
    hostname = f"{queue}@test"
    log_path = Path(tempfile.mkstemp(prefix="dcr-worker-", suffix=".log")[1])
    command = [sys.executable, "-m", "celery", "-A", "tests.celery_app", "worker", "-Q", queue, "-n", hostname]
    command += ["-P", pool, "-c", str(concurrency), "-l", "INFO", "--without-gossip", "--without-mingle", *options]
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **child_environment(broker, queue, celery, results), **(env or {})},
        )
    worker = Worker(process=process, queue=queue, hostname=hostname, broker=broker, log_path=log_path)
    try:
        _wait_until_ready(worker)
        yield worker
    finally:
        worker.stop()
        log_path.unlink(missing_ok=True)


def child_environment(
    broker: str,
    queue: str = "dcr-tests",
    celery: dict[str, Any] | None = None,
    results: dict[str, Any] | None = None,
) -> dict[str, str]:
    """What a process of its own needs to work on the current test database."""
    return {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_NAME": str(connection.settings_dict["NAME"]),
        "BROKER_URL": broker,
        "C_FORCE_ROOT": "1",  # a test machine may be a container whose only user is root
        "TEST_QUEUE": queue,
        "TEST_CELERY": json.dumps(celery or {}),
        "TEST_DJANGO_CELERY_RESULTS": json.dumps(results or {}),
    }


def _wait_until_ready(worker: Worker) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if " ready." in worker.log:
            return
        if worker.process.poll() is not None:
            raise RuntimeError(f"the worker ended at start:\n{worker.log}")
        time.sleep(0.05)
    raise RuntimeError(f"the worker was not ready in {START_TIMEOUT} s:\n{worker.log}")


def wait_for(condition: Any, timeout: float = 20.0, pause: float = 0.02) -> Any:
    """The first true value of `condition()`; fails when there is none in time."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(pause)
    raise AssertionError(f"{condition} did not become true within {timeout} s")
