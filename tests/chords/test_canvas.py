"""Canvas of every kind ends as it does with Celery's Redis backend: each is run on both, side by side."""

from collections.abc import Callable

import celery
import pytest
from celery import Signature, chain, chord, group
from celery.canvas import StampingVisitor

from tests.chords.conftest import Compare, Notes
from tests.chords.tasks import collect, identity, joined_by_another, note_error, ordered, replaced, retries_once, stamps
from tests.tasks import add, fail
from tests.workers import wait_for

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["django_celery_results"])

SHAPES: dict[str, Callable[[], Signature]] = {
    "chain": lambda: chain(add.s(1, 2), add.s(3), identity.s()),
    "chain with a failing link": lambda: chain(add.s(1, 2), fail.si("link"), identity.s()),
    "group": lambda: group(add.s(1, 2), identity.s("b")),
    "group of groups": lambda: group(group(identity.s(1), identity.s(2)), identity.s(3)),
    "group with a failing task": lambda: group([fail.s("task")]),
    "chord": lambda: chord([identity.s(1), identity.s(2)], identity.s()),
    "chord of a generator": lambda: chord((identity.s(n) for n in range(3)), identity.s()),
    "chord with a failing member": lambda: chord([fail.s("member"), identity.s(1)], identity.s()),
    "chord with a failing body": lambda: chord([identity.s(1)], fail.si("body")),
    "empty chord": lambda: chord([], identity.s()),
    "chord with a chain as member": lambda: chord([chain(add.s(1, 2), add.s(3)), identity.s(4)], identity.s()),
    "chord with a failing chain as member": lambda: chord(
        [chain(fail.si("first"), identity.s()), identity.s(4)], identity.s()
    ),
    "chord with a group as member": lambda: chord([group(identity.s(1), identity.s(2)), identity.s(3)], identity.s()),
    "chord with groups in groups": lambda: chord(
        [group(group(identity.s(1), identity.s(2)), identity.s(3)), identity.s(4)], identity.s()
    ),
    "chord with a chain that ends in a group": lambda: chord(
        [chain(identity.s(1), group(identity.s(), identity.s()))], identity.s()
    ),
    "chord with a chain around a group": lambda: chord(
        [chain(identity.s(1), group(identity.s(), identity.s()), identity.s()), identity.s(2)], identity.s()
    ),
    "chord in a chord": lambda: chord(
        [chord([identity.s(1), identity.s(2)], identity.s()), identity.s(3)], identity.s()
    ),
    "chord whose body is a chord": lambda: chord(
        [identity.s(1), identity.s(2)], chord([identity.s(), identity.s()], identity.s())
    ),
    "chord whose body is a chain": lambda: chord([identity.s(1)], chain(identity.s(), identity.s())),
    "chord whose body is a group": lambda: chord([identity.s(1)], group(identity.s(), identity.s())),
    "chord with a failing member and a group as body": lambda: chord(
        [fail.s("member"), identity.s(1)], group(identity.s(), identity.s())
    ),
    "chord in a chord with a failing member": lambda: chord(
        [chord([fail.s("deep"), identity.s(1)], identity.s()), identity.s(2)], identity.s()
    ),
    "chain of chords with a failing member": lambda: chain(
        chord([fail.s("member"), identity.s(1)], identity.s()), chord([identity.s()], identity.s())
    ),
    "chain of chords": lambda: chain(
        chord([identity.s(1), identity.s(2)], identity.s()), chord([identity.s(), identity.s()], identity.s())
    ),
    "chain of groups": lambda: chain(
        group(identity.s(1), identity.s(2)), group(identity.s(), identity.s()), identity.s()
    ),
    "group in a chain": lambda: chain(identity.s(1), group(identity.s(), identity.s()), identity.s()),
    "group of chords": lambda: group(chord([identity.s(n), identity.s(n)], identity.s()) for n in range(3)),
    "task replaced by a task": lambda: replaced.s(add.s(1, 2)),
    "task replaced by a group": lambda: replaced.s(group(identity.s(1), identity.s(2))),
    "task replaced by a chord": lambda: replaced.s(chord([identity.s(1), identity.s(2)], identity.s())),
    "member replaced by a task": lambda: chord([replaced.s(add.s(1, 2)), identity.s(1)], identity.s()),
    "member replaced by a group": lambda: chord(
        [replaced.s(group(identity.s(1), identity.s(2))), identity.s(3)], identity.s()
    ),
    "member replaced by a chord": lambda: chord(
        [replaced.s(chord([identity.s(1), identity.s(2)], identity.s())), identity.s(3)], identity.s()
    ),
    "member replaced by a failing task": lambda: chord([replaced.s(fail.s("new")), identity.s(1)], identity.s()),
    "member that is retried": lambda: chord([retries_once.s(1), identity.s(2)], identity.s()),
    "immutable body": lambda: chord([identity.s(1), identity.s(2)], identity.si("body")),
}


# Before 5.7, Celery's Redis backend waits for ever for the first and orders the others by who came first.
OTHERWISE_IN_OLD_CELERY = (
    "chord with a failing member and a group as body",
    "member replaced by a group",
    "member replaced by a chord",
)


@pytest.mark.parametrize("shape", SHAPES)
def test_it_ends_as_with_celerys_redis_backend(both: Compare, shape: str) -> None:
    if celery.VERSION < (5, 7) and shape in OTHERWISE_IN_OLD_CELERY:
        pytest.skip("Celery's own Redis backend differs before 5.7")
    kind, _ = both(SHAPES[shape])
    assert (kind == "value") is ("failing" not in shape)


def test_members_that_join_are_waited_for_alike(both: Compare) -> None:
    assert both(lambda: chord([joined_by_another.s(10)], ordered.s())) == ("value", [10, 11])


def test_callbacks_and_errbacks_are_called_alike(both: Compare, notes: Notes, more_notes: Notes) -> None:
    def linked() -> Signature:
        sig = identity.s(5)
        sig.link(collect.s(notes.path))
        return sig

    def broken() -> Signature:
        return chord([fail.s("member"), identity.s(1)], identity.s().on_error(note_error.s(path=more_notes.path)))

    assert both(linked) == ("value", 5)
    assert notes.wait(2) == [5, 5]
    both(broken)
    ours, theirs = wait_for(lambda: len(found := more_notes.read()) == 2 and found)
    assert ours[0] == theirs[0] == "ChordError"


class Tenant(StampingVisitor):
    def on_signature(self, sig: Signature, **headers: object) -> dict[str, object]:
        return {"tenant": "blue"}


def test_stamps_reach_members_and_body_alike(both: Compare) -> None:
    def stamped() -> Signature:
        canvas = chord([stamps.s(), stamps.s()], stamps.s())
        canvas.stamp(Tenant())
        return canvas

    stamp = {"tenant": "blue"}
    assert both(stamped) == ("value", [[[None, stamp], [None, stamp]], stamp])
