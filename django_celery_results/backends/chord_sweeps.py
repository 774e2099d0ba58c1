"""What a killed worker left behind: chords whose last part is stored and whose body is not sent.

They are found by other members on their way, by cleanup, and by workers that start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from celery.utils.log import get_logger
from django.db import connections

from django_celery_results.batches import Batches
from django_celery_results.conf import settings
from django_celery_results.models import UNFINISHED_CHORDS, Chord

logger = get_logger(__name__)
SWEEP_PAGE = 100
"""Unfinished chords that one sweep on the way looks at."""


class SweepMixin:
    """What `ChordMixin` does for chords that nobody else would complete."""

    alias_for_write: Callable[..., str]
    _proceed: Callable[[str], None]
    _sweeping: Iterator[None] | None = None
    _swept_at: float = 0.0

    def sweep_chords(self, limit: int | None = None) -> None:
        """Complete the chords whose workers were killed between storing the last part and sending the body."""
        for page, _ in enumerate(self._sweep(), start=1):
            if limit and page * SWEEP_PAGE >= limit:
                return

    def _sweep_on_the_way(self) -> None:
        """One page of unfinished chords, once in a lease. The member that does it must not fail with that."""
        if time.monotonic() - self._swept_at < settings().chord_lease:
            return
        is_first_time, self._swept_at = not self._swept_at, time.monotonic()
        if is_first_time:
            return
        sweeping, self._sweeping = self._sweeping or self._sweep(), None  # no other thread may be in it meanwhile
        try:
            next(sweeping)
            self._sweeping = sweeping
        except StopIteration:
            return
        except Exception:
            logger.exception("Chords could not be swept on the way; a later member tries it again")

    def _sweep(self) -> Iterator[None]:
        batches = Batches(size=SWEEP_PAGE)
        for state in UNFINISHED_CHORDS:
            chords = Chord.objects.using(self.alias_for_write()).filter(state=state, size__isnull=False)
            for span in batches.spans(chords, ("date_created", "pk")):
                for group_id in list(chords.filter(span).values_list("pk", flat=True)):
                    self._proceed(group_id)
                yield


def sweep_at_start(sender: Any, **_: Any) -> None:
    """Receiver of `worker_ready`: a worker that starts may follow one that was killed."""
    backend = sender.app.backend
    if not isinstance(backend, SweepMixin):
        return
    connection = connections[backend.alias_for_write()]
    try:
        backend.sweep_chords(limit=10 * SWEEP_PAGE)
    except Exception as error:  # noqa: BLE001 - a worker must start, even before the tables are there
        logger.warning("Chords could not be swept at start: %s", error)
    finally:
        if not connection.in_atomic_block:
            connection.close()  # this process runs no tasks
