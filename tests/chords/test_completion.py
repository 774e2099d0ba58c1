"""A chord is completed by its last member, in any order and with any group indexes."""

import itertools
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from celery.app.task import Context
from django.db import connection

from django_celery_results.chord_progress import progress
from django_celery_results.chord_rows import Part
from django_celery_results.models import Chord, ChordPart
from tests.celery_app import NOWHERE, app
from tests.chords.marks import committing
from tests.chords.tasks import identity
from tests.workers import PATIENCE

pytestmark = committing
GROUP_INDEXES = [
    pytest.param((0, 1, 2), id="distinct"),
    pytest.param((0, 0, 1), id="some equal"),  # the members of nested groups are numbered from 0 again
    pytest.param((2, 2, 2), id="all equal"),
    pytest.param((None, None, 0), id="some missing"),
    pytest.param((1, 2, 3), id="beyond the size"),
]


@pytest.fixture(autouse=True)
def purge_queue() -> Iterator[None]:
    """Delete the bodies that were published to a queue without a worker."""
    yield
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(NOWHERE)


def open_chord(size: int) -> tuple[str, Any]:
    group_id, body = uuid.uuid4().hex, identity.s().set(task_id=uuid.uuid4().hex, queue=NOWHERE)
    app.backend.apply_chord((group_id, []), body)
    Chord.objects.filter(pk=group_id).update(size=size)
    return group_id, dict(body)


def finish(group_id: str, body: Any, number: int, index: int | None) -> None:
    request = Context(id=f"{group_id}-{number}", task="t", group=group_id, group_index=index, chord=body, headers={})
    app.backend.mark_as_done(request.id, number, request)


def state(group_id: str) -> str:
    return Chord.objects.get(pk=group_id).state


@pytest.mark.parametrize("indexes", GROUP_INDEXES)
def test_last_member_completes_the_chord_in_every_order(indexes: tuple[int | None, ...]) -> None:
    for order in itertools.permutations(range(len(indexes))):
        group_id, body = open_chord(len(indexes))
        for number in order[:-1]:
            finish(group_id, body, number, indexes[number])
        assert state(group_id) == "open", order
        finish(group_id, body, order[-1], indexes[order[-1]])
        assert state(group_id) == "done", order


@pytest.mark.parametrize("indexes", GROUP_INDEXES)
def test_members_that_end_concurrently_complete_the_chord(indexes: tuple[int | None, ...]) -> None:
    for _ in range(5):
        group_id, body = open_chord(len(indexes))
        together = threading.Barrier(len(indexes))

        def member(number: int, group_id: str = group_id, body: Any = body, together: Any = together) -> None:
            connection.ensure_connection()
            together.wait(PATIENCE)
            finish(group_id, body, number, indexes[number])
            connection.close()

        threads = [threading.Thread(target=member, args=(number,)) for number in range(len(indexes))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert state(group_id) == "done"


def test_member_ids_may_be_uuid_objects() -> None:
    group_id, body = open_chord(1)
    request = Context(id=uuid.uuid4(), task="t", group=group_id, group_index=0, chord=body, headers={})
    app.backend.mark_as_done(request.id, 1, request)
    assert state(group_id) == "done"


@pytest.mark.parametrize("group_id", ["nul \0", "surrogate \ud800"], ids=ascii)
def test_ids_may_hold_what_no_database_stores(group_id: str) -> None:
    body = identity.s().set(task_id=f"{group_id} body", queue=NOWHERE)
    app.backend.apply_chord((group_id, []), body)
    for number in range(2):
        finish(group_id, dict(body), number, number)
    app.backend.add_to_chord(group_id, app.AsyncResult(f"{group_id}-2"))
    app.backend.set_chord_size(group_id, 2)
    assert Chord.objects.get().state == "open"
    finish(group_id, dict(body), 2, 2)
    assert Chord.objects.get().state == "done"


@pytest.mark.parametrize(
    ("stored", "result", "state"),
    [(None, 1, "SUCCESS"), (None, ValueError("no"), "FAILURE"), (ValueError("no"), None, "FAILURE")],
)
def test_member_that_returns_without_a_state_counts(stored: Any, result: Any, state: str) -> None:
    group_id, body = open_chord(2)
    request = Context(id="m", task="t", group=group_id, group_index=0, chord=body, headers={})
    if stored:
        app.backend.store_result("m", stored, "FAILURE")
    app.backend.on_chord_part_return(request, None, result)
    assert ChordPart.objects.get().state == state


def test_early_members_do_not_count_the_other_parts() -> None:
    group_id, body = open_chord(1_000)
    for number in range(5):
        finish(group_id, body, number, number)
    part = Part(group_id=group_id, task_id=f"{group_id}-4", index=4, state="SUCCESS", result=None)
    early, full = progress(group_id, "default", after=part), progress(group_id, "default")
    assert early
    assert full
    assert (early.returned, full.returned) == (0, 5)
