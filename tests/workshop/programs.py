"""Programs that the workshop's tests start: each leads its own process group, and none is left behind."""

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
"""How long a program may take: far more than any does, even where all cores are busy."""

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def demo_command(module: str) -> tuple[str, ...]:
    """Return the command that runs a module of the demo."""
    return (sys.executable, "-m", f"demo.{module}")


def demo_environment(folder: Path, **changes: str) -> dict[str, str]:
    """Return the environment of a demo that keeps everything in this folder."""
    return {"PYTHONPATH": str(ROOT / "examples"), "DEMO_DIR": str(folder), "PORT": "0", **changes}


def environment(**changes: str) -> dict[str, str]:
    """The environment without what the test run itself is configured by."""
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
    """Run to the end; output and errors as text."""
    return subprocess.run(
        command, cwd=cwd, env=environment(**changes), capture_output=True, text=True, timeout=SECONDS, check=False
    )


class Program:
    """A program in the background."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log_path = log

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def until(self, pattern: str) -> re.Match[str]:
        """Wait until the log matches."""
        return wait_for(lambda: re.search(pattern, self.log) or self._fail_if_ended(), timeout=SECONDS)

    def _fail_if_ended(self) -> None:
        assert self.process.poll() is None, self.log


@contextmanager
def started(*command: str, cwd: Path = ROOT, **changes: str) -> Iterator[Program]:
    """Start in the background; on leaving, interrupt it as Ctrl-C does, and kill what is left."""
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
