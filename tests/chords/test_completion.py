"""A chord is complete with its last member, whichever place Celery gave to whom."""

import itertools
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery.app.task import Context
from django.db import DatabaseError, connection

from django_celery_results.chord_progress import progress
from django_celery_results.chord_rows import Part
from django_celery_results.models import Chord
from tests.celery_app import NOWHERE, app
from tests.chords.tasks import identity

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["django_celery_results"])
PLACES = [
    pytest.param((0, 1, 2), id="each its own"),
    pytest.param((0, 0, 1), id="one shared"),  # the members of nested groups are numbered from 0 again
    pytest.param((2, 2, 2), id="one for all"),
    pytest.param((None, None, 0), id="none for some"),
    pytest.param((1, 2, 3), id="beyond the size"),
]


@pytest.fixture(autouse=True)
def unread() -> Iterator[None]:
    yield
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(NOWHERE)


def open_chord(size: int) -> tuple[str, Any]:
    group_id, body = uuid.uuid4().hex, identity.s().set(task_id=uuid.uuid4().hex, queue=NOWHERE)
    app.backend.apply_chord((group_id, []), body)
    Chord.objects.filter(pk=group_id).update(size=size)
    return group_id, dict(body)


def finish(group_id: str, body: Any, number: int, place: int | None) -> None:
    request = Context(id=f"{group_id}-{number}", task="t", group=group_id, group_index=place, chord=body, headers={})
    app.backend.mark_as_done(request.id, number, request)


def state(group_id: str) -> str:
    return Chord.objects.get(pk=group_id).state


@pytest.mark.parametrize("places", PLACES)
def test_the_last_member_completes_the_chord_in_every_order(places: tuple[int | None, ...]) -> None:
    for order in itertools.permutations(range(len(places))):
        group_id, body = open_chord(len(places))
        for number in order[:-1]:
            finish(group_id, body, number, places[number])
        assert state(group_id) == "open", order
        finish(group_id, body, order[-1], places[order[-1]])
        assert state(group_id) == "done", order


@pytest.mark.parametrize("places", PLACES)
def test_members_that_return_at_once_complete_the_chord(places: tuple[int | None, ...]) -> None:
    for _ in range(5):
        group_id, body = open_chord(len(places))
        together = threading.Barrier(len(places))

        def member(number: int, group_id: str = group_id, body: Any = body, together: Any = together) -> None:
            connection.ensure_connection()
            together.wait(10)
            finish(group_id, body, number, places[number])
            connection.close()

        threads = [threading.Thread(target=member, args=(number,)) for number in range(len(places))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert state(group_id) == "done"


def test_a_member_whose_id_is_a_uuid_completes_the_chord() -> None:
    group_id, body = open_chord(1)
    request = Context(id=uuid.uuid4(), task="t", group=group_id, group_index=0, chord=body, headers={})
    app.backend.mark_as_done(request.id, 1, request)
    assert state(group_id) == "done"


def test_a_member_that_returns_early_reads_no_other_part() -> None:
    group_id, body = open_chord(1_000)
    for number in range(5):
        finish(group_id, body, number, number)
    part = Part(group_id=group_id, task_id=f"{group_id}-4", index=4, state="SUCCESS", result=None)
    glanced, counted = progress(group_id, "default", after=part), progress(group_id, "default")
    assert glanced
    assert counted
    assert (glanced.returned, counted.returned) == (0, 5)


def test_a_sweep_that_fails_spares_the_member_on_whose_way_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any) -> Iterator[None]:
        raise DatabaseError("away")
        yield

    monkeypatch.setattr(type(app.backend), "_sweep", fail)
    monkeypatch.setattr(app.backend, "_swept_at", time.monotonic() - 3_600)
    group_id, body = open_chord(1)
    finish(group_id, body, 0, 0)
    assert state(group_id) == "done"
