"""Speaking to workers by remote control: who is there, and what each of them answers."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from .outcome import ErrorCode, Refused, WorkerReply, refuse

_REMEMBERED_SECONDS = 10.0
_MAX_MESSAGE = 500
_lock = Lock()
_seen: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """What workers are asked to do."""

    task_ids: tuple[str, ...]
    terminate: bool = False
    signal: str = "SIGTERM"


def is_supported(app: Celery) -> bool:
    """Whether this broker can carry a message to every worker."""
    with app.connection_for_write() as connection:
        return bool(connection.supports_exchange_type("fanout"))


def workers(app: Celery, wait: float) -> frozenset[str]:
    """The workers that answered within the last seconds, or answer now."""
    return remembered(app) or _remember(app, _by_worker(_ask(app.control.ping, timeout=wait)))


def remembered(app: Celery) -> frozenset[str]:
    """The workers that answered a moment ago."""
    with _lock:
        until, names = _seen.get(_broker(app), (0.0, frozenset()))
    return names if time.monotonic() < until else frozenset()


def forget() -> None:
    """Know of no worker any more."""
    with _lock:
        _seen.clear()


def revoke(app: Celery, revocation: Revocation, *, expected: Iterable[str], wait: float) -> tuple[WorkerReply, ...]:
    """Tell all workers, and wait until those that are expected have answered or the time is over."""
    deadline = time.monotonic() + wait
    awaited = remembered(app).union(expected)
    replies = _revoke(app, revocation, timeout=wait, limit=len(awaited) or None)
    # A worker that nobody knew of may have answered in place of one that is awaited.
    missing = sorted(awaited - replies.keys())
    if len(replies) >= len(awaited) and missing and (left := deadline - time.monotonic()) > 0:
        replies |= _revoke(app, revocation, timeout=left, limit=len(missing), destination=missing)
    _remember(app, replies.keys())
    silent = [WorkerReply(worker=name, acknowledged=False) for name in sorted(awaited - replies.keys())]
    return (*(_reply(name, answer) for name, answer in sorted(replies.items())), *silent)


def running(app: Celery, task_ids: Collection[str], *, workers: Collection[str], wait: float) -> frozenset[str]:
    """Those of these tasks that run now; all of them where one of the workers does not say."""
    question = {"arguments": {"ids": list(task_ids)}, "destination": list(workers), "limit": len(workers)}
    try:
        answers = _by_worker(_ask(app.control.broadcast, "query_task", reply=True, timeout=wait, **question))
    except Refused:
        answers = {}
    told = [answer for name in workers if isinstance(answer := answers.get(name), Mapping) and "error" not in answer]
    if len(told) < len(workers):
        return frozenset(task_ids)
    return frozenset(task_id for answer in told for task_id, (state, _) in answer.items() if state == "active")


def _revoke(app: Celery, revocation: Revocation, **options: Any) -> dict[str, Any]:
    answers = _ask(
        app.control.revoke,
        list(revocation.task_ids),
        terminate=revocation.terminate,
        signal=revocation.signal,
        reply=True,
        **options,
    )
    return _by_worker(answers)


def _by_worker(answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: answer for host in answers for name, answer in host.items()}


def _ask(command: Any, *args: Any, **options: Any) -> list[dict[str, Any]]:
    try:
        return command(*args, **options) or []
    except (OperationalError, OSError, EOFError):
        refuse(
            ErrorCode.BROKER_UNREACHABLE,
            "The broker cannot be reached; no worker was told. Try again when it is back.",
        )


def _reply(worker: str, answer: Any) -> WorkerReply:
    ok = answer.get("ok") if isinstance(answer, Mapping) else None
    said = ok if ok is not None else answer.get("error") if isinstance(answer, Mapping) else answer
    return WorkerReply(worker=worker, acknowledged=ok is not None, message=str(said)[:_MAX_MESSAGE])


def _remember(app: Celery, names: Iterable[str]) -> frozenset[str]:
    found = frozenset(names)
    with _lock:
        _seen[_broker(app)] = (time.monotonic() + _REMEMBERED_SECONDS, found)
    return found


def _broker(app: Celery) -> tuple[str, str]:
    """Where its workers listen."""
    return str(app.conf.broker_write_url), str(app.conf.control_exchange)
