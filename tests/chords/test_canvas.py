"""Each kind of canvas ends as with Celery's Redis backend: every test runs it on both."""

from collections.abc import Callable

import celery
import pytest
from celery import Signature, chain, chord, group
from celery.canvas import StampingVisitor

from tests.chords.call_log import CallLog
from tests.chords.comparison import OutcomeOnBoth
from tests.chords.marks import committing
from tests.chords.tasks import add_member, collect, identity, record_error, retry_once, return_stamps, sort
from tests.tasks import add, fail, replace_by

pytestmark = committing

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
    "task replaced by a task": lambda: replace_by.s(add.s(1, 2)),
    "task replaced by a group": lambda: replace_by.s(group(identity.s(1), identity.s(2))),
    "task replaced by a chord": lambda: replace_by.s(chord([identity.s(1), identity.s(2)], identity.s())),
    "member replaced by a task": lambda: chord([replace_by.s(add.s(1, 2)), identity.s(1)], identity.s()),
    "member replaced by a group": lambda: chord(
        [replace_by.s(group(identity.s(1), identity.s(2))), identity.s(3)], identity.s()
    ),
    "member replaced by a chord": lambda: chord(
        [replace_by.s(chord([identity.s(1), identity.s(2)], identity.s())), identity.s(3)], identity.s()
    ),
    "member replaced by a failing task": lambda: chord([replace_by.s(fail.s("new")), identity.s(1)], identity.s()),
    "member that is retried": lambda: chord([retry_once.s(1), identity.s(2)], identity.s()),
    "immutable body": lambda: chord([identity.s(1), identity.s(2)], identity.si("body")),
}


# Before 5.7, Celery's Redis backend waits for ever for the first, and orders the others by the time they ended.
DIFFERENT_BEFORE_CELERY_57 = (
    "chord with a failing member and a group as body",
    "member replaced by a group",
    "member replaced by a chord",
)


@pytest.mark.parametrize("shape", SHAPES)
def test_canvas_ends_as_on_the_redis_backend(outcome_on_both: OutcomeOnBoth, shape: str) -> None:
    if celery.VERSION < (5, 7) and shape in DIFFERENT_BEFORE_CELERY_57:
        pytest.skip("Celery's own Redis backend differs before 5.7")
    kind, _ = outcome_on_both(SHAPES[shape])
    assert (kind == "value") is ("failing" not in shape)


def test_body_waits_for_added_members_on_both_backends(outcome_on_both: OutcomeOnBoth) -> None:
    outcome = outcome_on_both(lambda: chord([add_member.s(10), add_member.s(20)], sort.s()))
    assert outcome == ("value", [10, 11, 20, 21])


def test_callbacks_and_errbacks_are_called_on_both_backends(
    outcome_on_both: OutcomeOnBoth, body_calls: CallLog, errback_calls: CallLog
) -> None:
    def linked() -> Signature:
        sig = identity.s(5)
        sig.link(collect.s(body_calls.path))
        return sig

    def broken() -> Signature:
        return chord([fail.s("member"), identity.s(1)], identity.s().on_error(record_error.s(path=errback_calls.path)))

    assert outcome_on_both(linked) == ("value", 5)
    assert body_calls.wait(2) == [5, 5]
    outcome_on_both(broken)
    ours, theirs = errback_calls.wait(2)
    assert ours[0] == theirs[0] == "ChordError"


class TenantVisitor(StampingVisitor):
    def on_signature(self, sig: Signature, **headers: object) -> dict[str, object]:
        return {"tenant": "blue"}


def test_members_and_body_are_stamped_on_both_backends(outcome_on_both: OutcomeOnBoth) -> None:
    def stamped() -> Signature:
        canvas = chord([return_stamps.s(), return_stamps.s()], return_stamps.s())
        canvas.stamp(TenantVisitor())
        return canvas

    stamp = {"tenant": "blue"}
    assert outcome_on_both(stamped) == ("value", [[[None, stamp], [None, stamp]], stamp])
