"""Run the demo, the examples and other programs in tests. Each leads a process group; none is left running."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.workers import wait_for

SECONDS = 300.0
"""Seconds that a program may take: far more than any does, even where all cores are busy."""

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def demo_command(module: str) -> tuple[str, ...]:
    """Return the command that runs a module of the demo."""
    return (sys.executable, "-m", f"demo.{module}")


def demo_environment(folder: Path, **changes: str) -> dict[str, str]:
    """Return the environment of a demo that keeps its files in this folder and takes a port from the kernel."""
    return {"PYTHONPATH": str(ROOT / "examples"), "DEMO_DIR": str(folder), "PORT": "0", **changes}


def environment(**changes: str) -> dict[str, str]:
    """Return the environment without the variables that configure the test run itself."""
    foreign = (
        "DATABASE_URL",
        "DATABASE_NAME",
        "BROKER_URL",
        "DJANGO_SETTINGS_MODULE",
        "MAKEFLAGS",
        "PYTHONPATH",
        "PORT",
    )
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{kept['PATH']}", "C_FORCE_ROOT": "1", "PYTHONUNBUFFERED": "1", **changes}


def run(*command: str, cwd: Path = ROOT, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and return its output and errors as text."""
    return subprocess.run(
        command, cwd=cwd, env=environment(**changes), capture_output=True, text=True, timeout=SECONDS, check=False
    )


class Program:
    """A program that runs in the background. `started` creates it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log_path = log

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def until(self, pattern: str) -> re.Match[str]:
        """Wait until the log matches and return the match."""
        return wait_for(lambda: re.search(pattern, self.log) or self._fail_if_ended(), timeout=SECONDS)

    def _fail_if_ended(self) -> None:
        assert self.process.poll() is None, self.log


@contextmanager
def started(*command: str, cwd: Path = ROOT, **changes: str) -> Iterator[Program]:
    """Start a command in the background. On leaving, interrupt it as Ctrl-C does, then kill what is left."""
    log = Path(tempfile.mkstemp(prefix="dcr-program-", suffix=".log")[1])
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment(**changes),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Program(process, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(SECONDS)
        log.unlink()
