"""A worker of a contender, on a queue of its own, for as long as a measurement takes."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .contenders import PROJECT, Contender

START_TIMEOUT = 60.0


@contextmanager
def running(contender: Contender, *, concurrency: int = 2, consume: bool = True) -> Iterator[tuple[str, str]]:
    """Queue and node name of a prefork worker that is ready; `consume=False` leaves the queue to a later command."""
    queue = f"bench-{uuid.uuid4().hex[:10]}"
    node = f"{queue}@bench"
    listens = queue if consume else f"{queue}-idle"
    command = [contender.python, "-m", "celery", "-A", "bench_app", "worker", "-Q", listens, "-n", node]
    command += ["-c", str(concurrency), "-l", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    with tempfile.NamedTemporaryFile(prefix="bench-worker-", suffix=".log") as log:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=contender.environment(), stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait_until_ready(process, Path(log.name), contender, node)
            yield queue, node
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path, contender: Contender, node: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the worker of {contender.name} ended at start:\n{log.read_text()}")
        if contender.run("probe_ping.py", node).strip() == "pong":
            return
    raise RuntimeError(f"the worker of {contender.name} was not ready in {START_TIMEOUT} s:\n{log.read_text()}")
