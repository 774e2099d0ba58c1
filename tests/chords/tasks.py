"""Tasks of the chord tests. Bodies and errbacks append what they were called with to a file, to count their calls."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from celery import Task, chord, shared_task
from django.db import transaction

from django_celery_results.backends.chords import ChordMixin
from django_celery_results.models import ChordPart
from tests.tasks import add


@shared_task
def collect(results: Any, path: str) -> Any:
    """Be the body of a chord: write the results into a file, and return them."""
    _append(path, results)
    return results


@shared_task
def record_error(request: Any, exc: BaseException, traceback: Any, path: str) -> None:
    """Be the errback of a chord: write the error into a file."""
    _append(path, [type(exc).__name__, str(exc)])


@shared_task
def identity(value: Any = None) -> Any:
    return value


@shared_task(ignore_result=True)
def identity_without_result(value: Any) -> Any:
    return value


@shared_task(acks_late=True)
def identity_acked_late(value: Any) -> Any:
    """Be acknowledged only at the end, so that the message of a killed worker is delivered again."""
    return value


@shared_task
def sort(values: list[Any]) -> list[Any]:
    return sorted(values)


@shared_task(bind=True)
def return_stamps(self: Task, value: Any = None) -> Any:
    return [value, self.request.stamps]


@shared_task(bind=True)
def add_member(self: Task, value: int) -> int:
    """Add a member to the chord of this one."""
    self.add_to_chord(identity.si(value + 1))
    return value


@shared_task(bind=True)
def add_member_in_transaction(self: Task, value: int) -> int:
    """Add a member in a transaction that ends after that one has returned."""
    with transaction.atomic():
        self.add_to_chord(identity.si(value + 1))
        returned = ChordPart.objects.filter(group_id=self.request.group, index__gte=0)
        deadline = time.monotonic() + 60
        while returned.count() < 2:
            assert time.monotonic() < deadline, "the other members do not return"
            time.sleep(0.02)
    return value


@shared_task
def start_chord_in_transaction(path: str) -> None:
    with transaction.atomic():
        chord([add.s(1, 1), add.s(2, 2)], collect.s(path)).apply_async()


@shared_task
def fail_until_file_exists(path: str, value: int) -> int:
    if not Path(path).exists():
        raise ValueError("not yet")
    return value


@shared_task(bind=True)
def retry_once(self: Task, value: int) -> int:
    if not self.request.retries:
        raise self.retry(countdown=0)
    return value


def _append(path: str, value: Any) -> None:
    with Path(path).open("a") as file:
        file.write(json.dumps(value) + "\n")


def _die_before(name: str, marker: Path) -> None:
    """Kill this worker and all its processes before this method of the backend runs, unless the marker exists."""
    original = getattr(ChordMixin, name)

    def die(self: Any, *args: Any, **kwargs: Any) -> Any:
        is_sweep = name == "_proceed" and len(args) == 1  # by the starting worker, while the members still run
        if not is_sweep and not marker.exists():
            marker.touch()
            os.killpg(os.getpgrp(), signal.SIGKILL)
        return original(self, *args, **kwargs)

    setattr(ChordMixin, name, die)


if step := os.environ.get("TEST_DIE_BEFORE"):
    _die_before(step, Path(os.environ["TEST_DIE_MARKER"]))
