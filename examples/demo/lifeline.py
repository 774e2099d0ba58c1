"""Ends a child process when the runner is gone, however it went: no orphan stays behind."""

import os
import signal
import threading
import time

GRACE = 5.0


def hold() -> None:
    """Watch the process that `DEMO_RUNNER` names, which is our parent, from a thread."""
    runner = int(os.environ.get("DEMO_RUNNER") or 0)
    if runner:
        threading.Thread(target=_watch, args=(runner,), name="lifeline", daemon=True).start()


def _watch(runner: int) -> None:
    while os.getppid() == runner:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
