"""Tasks of the chord tests. They write what happened into a file, one line each, so that a test can count."""

import json
import os
import signal
from pathlib import Path
from typing import Any

from celery import Signature, Task, chord, shared_task
from django.db import transaction

from django_celery_results.backends.chords import ChordMixin
from tests.tasks import add


@shared_task
def collect(results: Any, path: str) -> Any:
    """A body: notes what it was given."""
    _note(path, results)
    return results


@shared_task
def note_error(request: Any, exc: BaseException, traceback: Any, path: str) -> None:
    """An errback."""
    _note(path, [type(exc).__name__, str(exc)])


@shared_task
def identity(value: Any = None) -> Any:
    return value


@shared_task(bind=True)
def stamps(self: Task, given: Any = None) -> Any:
    """What it was given, and what is stamped on it."""
    return [given, self.request.stamps]


@shared_task
def ordered(values: list[Any]) -> list[Any]:
    return sorted(values)


@shared_task(ignore_result=True)
def unkept(value: Any) -> Any:
    return value


@shared_task(bind=True)
def replaced(self: Task, by: Any) -> Any:
    return self.replace(Signature.from_dict(by, app=self.app))


@shared_task(bind=True)
def joined_by_another(self: Task, value: int) -> int:
    """A member that adds another one."""
    self.add_to_chord(identity.si(value + 1))
    return value


@shared_task
def starts_in_transaction(path: str) -> None:
    with transaction.atomic():
        chord([add.s(1, 1), add.s(2, 2)], collect.s(path)).apply_async()


@shared_task(acks_late=True)
def late(value: Any) -> Any:
    """Acknowledged only when it is done, so that a killed worker's message is delivered again."""
    return value


@shared_task
def fails_until(path: str, value: int) -> int:
    """Fails as long as the file is missing."""
    if not Path(path).exists():
        raise ValueError("not yet")
    return value


@shared_task(bind=True)
def retries_once(self: Task, value: int) -> int:
    if not self.request.retries:
        raise self.retry(countdown=0)
    return value


def _note(path: str, what: Any) -> None:
    with Path(path).open("a") as file:
        file.write(json.dumps(what) + "\n")


def _die_before(name: str, marker: Path) -> None:
    """Kill this worker and all its processes, once, when it comes to this step of completing a chord."""
    original = getattr(ChordMixin, name)

    def die(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not marker.exists():
            marker.touch()
            os.killpg(os.getpgrp(), signal.SIGKILL)
        return original(self, *args, **kwargs)

    setattr(ChordMixin, name, die)


if step := os.environ.get("TEST_DIE_BEFORE"):
    _die_before(step, Path(os.environ["TEST_DIE_MARKER"]))
