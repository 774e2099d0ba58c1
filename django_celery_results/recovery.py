"""Carry on what processes that died left behind: when a worker starts, and again whenever a lease is over.

A supervisor starts a worker again within seconds, when the leases of the one that died still run. A thread of the
worker's main process therefore looks again, in any pool, whether tasks come or not.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celery import Celery
from celery.utils.log import get_logger
from django.db import DatabaseError, connections

from . import outages
from .connections import THREADS, close_connections_of_thread, is_main_process_of_worker

logger = get_logger(__name__)

STOP_SECONDS = 5.0
"""How long a worker that stops waits for what is just being carried on."""
_SPREAD = 1.25
"""The longest pause, in leases: workers that start together do not look together for good."""


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """Something to carry on. Modules that take leases register it once the apps are loaded.

    Attributes:
        name: What is carried on, as logs call it.
        carry_on: Called with the app, and whether the worker is just starting.
        lease: Returns how many seconds a process that died still holds what it had claimed.
    """

    name: str
    carry_on: Callable[[Celery, bool], object]
    lease: Callable[[], float]


_recoveries: dict[str, Recovery] = {}
_stop = threading.Event()
_running: threading.Thread | None = None


def register(recovery: Recovery) -> None:
    """Carry this on in every worker; registering it again changes nothing."""
    _recoveries[recovery.name] = recovery


def start(sender: Any, **_: Any) -> None:
    """Receiver of `worker_ready`: start the thread. A worker in a thread of a test looks once, and has none."""
    global _running, _stop
    if not is_main_process_of_worker():
        for recovery in _recoveries.values():
            _look(sender.app, recovery, is_start=True)
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close()
        return
    _stop = threading.Event()
    _running = threading.Thread(target=_run, args=(sender.app, _stop), name=f"{THREADS}: recovery", daemon=True)
    _running.start()


def stop(**_: Any) -> None:
    """Receiver of `worker_shutdown`: what is being carried on may be published, and not marked yet."""
    _stop.set()
    if _running:
        _running.join(STOP_SECONDS)


def _run(app: Celery, stopping: threading.Event) -> None:
    due = dict.fromkeys(_recoveries.values(), time.monotonic())
    is_start = True
    while True:
        for recovery in due:
            if due[recovery] <= time.monotonic() and not stopping.is_set():
                _look(app, recovery, is_start=is_start)
                due[recovery] = time.monotonic() + recovery.lease() * random.uniform(1, _SPREAD)  # noqa: S311
        is_start = False
        close_connections_of_thread()
        if stopping.wait(max(min(due.values()) - time.monotonic(), 0)):
            return


def _look(app: Celery, recovery: Recovery, *, is_start: bool) -> None:
    """Nothing that goes wrong here keeps a worker from its work, not even that the tables are not there yet."""
    try:
        with outages.trying_for(recovery.lease()):
            recovery.carry_on(app, is_start)
    except Exception as error:
        is_outage = isinstance(error, DatabaseError)
        text = "This worker could not carry on %s, and tries it again later: %s"
        logger.warning(text, recovery.name, error, exc_info=not is_outage)
