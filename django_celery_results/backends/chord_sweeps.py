"""What a killed worker left behind: chords whose last part is stored and whose body is not sent.

They are found by every worker, at its start and once in a lease, and by cleanup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from celery import Celery

from django_celery_results import recovery
from django_celery_results.batches import Batches
from django_celery_results.clock import DatabaseNow
from django_celery_results.conf import settings
from django_celery_results.models import UNFINISHED_CHORDS, Chord, ChordState

SWEEP_PAGE = 100
"""Unfinished chords that a running worker looks at in a lease."""
PAGES_AT_START = 10


class SweepMixin:
    """What `ChordMixin` does for chords that nobody else would complete."""

    alias_for_write: Callable[..., str]
    _proceed: Callable[[str], None]
    _sweeping: Iterator[None] | None = None

    def sweep_chords(self, limit: int | None = None) -> None:
        """Complete the chords whose workers were killed between storing the last part and sending the body."""
        for page, _ in enumerate(self._sweep(), start=1):
            if limit and page * SWEEP_PAGE >= limit:
                return

    def sweep_next_chords(self) -> None:
        """Complete the chords whose claims have outlived their lease, and look at the next page of unfinished ones."""
        lost = Chord.objects.using(self.alias_for_write()).filter(
            state=ChordState.CLAIMED, claimed_at__lt=DatabaseNow() - timedelta(seconds=settings().chord_lease)
        )
        for group_id in list(lost.order_by("date_created").values_list("pk", flat=True)[: PAGES_AT_START * SWEEP_PAGE]):
            self._proceed(group_id)
        sweeping, self._sweeping = self._sweeping or self._sweep(), None
        for _ in sweeping:
            self._sweeping = sweeping
            return

    def _sweep(self) -> Iterator[None]:
        batches = Batches(size=SWEEP_PAGE)
        for state in UNFINISHED_CHORDS:
            chords = Chord.objects.using(self.alias_for_write()).filter(state=state, size__isnull=False)
            for span in batches.spans(chords, ("date_created", "pk")):
                for group_id in list(chords.filter(span).values_list("pk", flat=True)):
                    self._proceed(group_id)
                yield


def connect() -> None:
    """Called once the apps are loaded; calling it again changes nothing."""
    recovery.register(
        recovery.Recovery(name="interrupted chords", carry_on=sweep, lease=lambda: settings().chord_lease)
    )


def sweep(app: Celery, is_start: bool) -> None:
    """Look for chords to complete, where their results are stored by this package."""
    backend = app.backend
    if not isinstance(backend, SweepMixin):
        return
    if is_start:
        backend.sweep_chords(limit=PAGES_AT_START * SWEEP_PAGE)
    else:
        backend.sweep_next_chords()
