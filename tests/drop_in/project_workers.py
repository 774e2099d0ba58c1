"""Workers of a project, with whichever package."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .projects import Package, Project

START_SECONDS = 40.0


@contextmanager
def project_worker(project: Project, package: Package, name: str, log: Path, app: str = "celery_app") -> Iterator[None]:
    """Start a worker of the project's app and wait until it consumes."""
    options = ("-n", f"{name}@test", "-P", "prefork", "-c", "1", "-l", "INFO", "--without-gossip", "--without-mingle")
    command = [package.python, "-W", "ignore", "-m", "celery", "-A", app, "worker", *options]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=project.folder,
            env=project.environment(package),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while b" ready." not in log.read_bytes():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
