"""The demo as a whole: embedded broker, worker and web server as children of one process."""

import os
import subprocess
import sys

from demo import config
from demo.processes import Children

READY = {"broker": r"listening on (\d+)", "worker": r" ready\.", "web": r"listening on (\d+)"}


class Service:
    """Starts the children and knows their addresses; leaving the `with` block stops them."""

    def __init__(self, *, history: int = 0) -> None:
        """`history`: as many tasks of the past days are there from the beginning."""
        self.history = history
        self.children = Children()
        self.broker_url = config.BROKER_URL
        self.url = ""

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *error: object) -> None:
        self.children.stop()

    def start(self) -> None:
        config.refuse_other_hosts()
        config.port()
        config.prepare_folder()
        os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings"
        if not self.broker_url:
            self._start("broker")
        manage("prepare_demo")
        if not self.broker_url:
            self.broker_url = f"redis://127.0.0.1:{self.children.wait('broker')[1]}/0"
            os.environ["BROKER_URL"] = self.broker_url
        self._start("web")
        self._start("worker")
        self.url = f"http://127.0.0.1:{self.children.wait('web')[1]}/"
        manage("send_samples", *(["--queue-was-lost"] if not config.BROKER_URL else []))
        if self.history:
            manage("seed_rows", f"--count={self.history}")
        self.children.wait("worker")

    def _start(self, name: str) -> None:
        self.children.start(name, ready=READY[name])


def manage(command: str, *options: str) -> str:
    """Run a management command; what it printed, or `Unusable` with the line that says why not."""
    done = subprocess.run([sys.executable, "-m", "django", command, *options], capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.splitlines() or [f"{command} failed"])[-1]
        raise config.Unusable(reason.removeprefix("CommandError: "))
    return done.stdout
