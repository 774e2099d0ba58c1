"""Child processes that stop together: each leads its own group, logs to a file, and says when it is ready."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from demo import config

START_TIMEOUT = 60.0
STOP_TIMEOUT = 5.0


@dataclass(frozen=True, kw_only=True)
class Child:
    """A running child, and how it was started."""

    name: str
    ready: str
    environment: dict[str, str]
    popen: subprocess.Popen[bytes]

    @property
    def log(self) -> Path:
        return _log_of(self.name)

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        """As `kill -9` of the process and everything it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(STOP_TIMEOUT)

    def stop(self) -> None:
        """Ask it to end, and end whatever did not."""
        self.popen.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(STOP_TIMEOUT)
        self.kill()

    def left_over(self) -> bool:
        """Whether any process of its group is still there."""
        try:
            os.killpg(self.popen.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Children:
    """The children of one run, by name; `stop` ends the last started first."""

    def __init__(self) -> None:
        self.started: list[Child] = []
        self.running: dict[str, Child] = {}

    def stop(self) -> None:
        for child in reversed(self.running.values()):
            child.stop()
        self.running.clear()

    def start(self, name: str, *, ready: str, **environment: str) -> None:
        """Start the module `demo.<name>`, which is ready once its log matches `ready`."""
        _log_of(name).parent.mkdir(exist_ok=True)
        with _log_of(name).open("wb") as log:
            popen = subprocess.Popen(
                [sys.executable, "-m", f"demo.{name}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "DEMO_RUNNER": str(os.getpid()), **environment},
            )
        child = Child(name=name, ready=ready, environment=environment, popen=popen)
        self.started.append(child)
        self.running[name] = child

    def wait(self, name: str) -> re.Match[str]:
        """Wait until the child is ready; the match of what it said."""
        return _wait_until_ready(self.running[name])

    def restart(self, name: str, **environment: str) -> None:
        """Start a child again the way it was started, and wait until it is ready."""
        child = self.running.pop(name)
        child.kill()
        self.start(name, ready=child.ready, **{**child.environment, **environment})
        self.wait(name)

    def left_over(self) -> list[str]:
        """The names of children of which any process is still there."""
        return [child.name for child in self.started if child.left_over()]


def _log_of(name: str) -> Path:
    return config.folder() / "logs" / f"{name}.log"


def _wait_until_ready(child: Child) -> re.Match[str]:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if found := re.search(child.ready, child.log.read_text(errors="replace")):
            return found
        if not child.is_running:
            raise config.Unusable(_why_it_ended(child))
        time.sleep(0.05)
    raise config.Unusable(f"the {child.name} was not ready within {START_TIMEOUT:.0f} s; its log: {child.log}")


def _why_it_ended(child: Child) -> str:
    lines = child.log.read_text(errors="replace").splitlines() or ["(nothing)"]
    if lines[-1].startswith("error: "):
        return lines[-1].removeprefix("error: ")
    return f"the {child.name} ended at start: {lines[-1]}; its log: {child.log}"
