"""A run whose failure the row refuses, since a later run of the task goes on, does not fail the chord either."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery.app.task import Context
from django.db.models.signals import post_save

from django_celery_results.models import Chord, ChordPart, ChordState, TaskResult
from tests.celery_app import NOWHERE, app
from tests.chords.marks import committing
from tests.chords.tasks import identity
from tests.storage.requests import task_request

pytestmark = committing


@pytest.fixture(autouse=True)
def purge_queue() -> Iterator[None]:
    """Delete the bodies that were published to a queue without a worker."""
    yield
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(NOWHERE)


@contextmanager
def listener() -> Iterator[None]:
    """Somebody listens to the model being saved: it is saved by itself, and not by a statement."""

    def receive(**_: Any) -> None: ...

    post_save.connect(receive, TaskResult)
    yield
    post_save.disconnect(receive, TaskResult)


@pytest.fixture(params=["by a statement", "by the model"], autouse=True)
def stored(request: pytest.FixtureRequest) -> Iterator[None]:
    """Both ways of storing a state."""
    if request.param == "by a statement":
        yield
        return
    with listener():
        yield


def open_chord(group_id: str = "stale") -> dict[str, Any]:
    """Open a chord of one member, and return its body."""
    body = identity.s().set(task_id=uuid.uuid4().hex, queue=NOWHERE)
    app.backend.apply_chord((group_id, []), body)
    app.backend.set_chord_size(group_id, 1)
    return dict(body)


def member(body: dict[str, Any], *, redelivered: bool = False, **fields: Any) -> Context:
    """Return the request of a run of the one member."""
    delivery = {"exchange": "", "routing_key": "q", "redelivered": redelivered}
    usual = {"group": "stale", "group_index": 0, "chord": body, "delivery_info": delivery, "headers": {}}
    return task_request("member", **{**usual, **fields})


def test_stale_failure_of_a_member_leaves_the_chord_open() -> None:
    body = open_chord()
    app.backend.store_result("member", None, "STARTED", request=member(body, redelivered=True))

    app.backend.mark_as_failure("member", ValueError("stale"), request=member(body))

    assert TaskResult.objects.get(task_id="member").status == "STARTED"
    assert not ChordPart.objects.exists()
    assert Chord.objects.get().state == ChordState.OPEN
    app.backend.mark_as_done("member", 1, member(body, redelivered=True))
    assert Chord.objects.get().state == ChordState.DONE


def test_stale_failure_leaves_the_later_links_of_its_chain_and_their_chord_alone() -> None:
    body = open_chord()
    last = identity.s().set(task_id="last", group_id="stale", group_index=0, chord=body)
    run = {"group": None, "chord": None, "chain": [dict(last)]}
    app.backend.store_result("member", None, "STARTED", request=member(body, redelivered=True, **run))

    app.backend.mark_as_failure("member", ValueError("stale"), request=member(body, **run))

    assert list(TaskResult.objects.values_list("task_id", "status")) == [("member", "STARTED")]
    assert not ChordPart.objects.exists()
    assert Chord.objects.get().state == ChordState.OPEN


def test_failure_that_is_stored_fails_the_chord_once() -> None:
    body = open_chord()
    for _ in range(2):  # Celery stores the failure of a task that exceeds its hard time limit twice
        app.backend.mark_as_failure("member", ValueError("no"), request=member(body))
    assert ChordPart.objects.get().state == "FAILURE"
    assert Chord.objects.get().state == ChordState.FAILED


def test_failed_member_fails_a_chord_that_is_sent_again_under_the_same_ids() -> None:
    app.backend.mark_as_done("member", 1, member(open_chord()))
    assert Chord.objects.get().state == ChordState.DONE

    app.backend.mark_as_failure("member", ValueError("no"), request=member(open_chord()))

    assert TaskResult.objects.get(task_id="member").status == "SUCCESS"
    assert Chord.objects.get().state == ChordState.FAILED
