"""A failed member that is run again heals its chord: the body runs once, when every part is a success."""

from pathlib import Path

import pytest
from celery import chain, chord

from django_celery_results.chord_rows import Part, Reopened, reopen_members, undo_reopen
from django_celery_results.models import Chord, ChordPart, ChordState, TaskResult
from django_celery_results.states import GENERATION_HEADER
from tests.celery_app import app
from tests.chords.conftest import TIMEOUT, Notes
from tests.chords.tasks import collect, fails_until, identity, note_error
from tests.workers import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True, available_apps=["django_celery_results"]),
    pytest.mark.usefixtures("chord_worker"),
]


@pytest.fixture
def switch(tmp_path: Path) -> Path:
    """Members fail as long as this file is missing."""
    return tmp_path / "switch"


def failed_chord(notes: Notes, errors: Notes, switch: Path, members: int = 1) -> Chord:
    header = [fails_until.s(str(switch), n).set(task_id=f"member-{n}") for n in range(members)]
    body = collect.s(notes.path).set(task_id="the-body").on_error(note_error.s(path=errors.path))
    chord([*header, identity.s("last")], body).apply_async()
    return wait_for(lambda: Chord.objects.filter(state=ChordState.FAILED).first(), TIMEOUT)


def reopen_member(group_id: str, task_id: str) -> Reopened | None:
    return reopen_members([(group_id, task_id)]).get((group_id, task_id))


def run_again(failed: Chord, task_id: str, switch: Path, value: int) -> Reopened | None:
    """What a retry with the scope CONTINUE does: reopen the part, and send the member with its own id."""
    reopened = reopen_member(failed.group_id, task_id)
    send_again(failed, task_id, switch, value)
    return reopened


def send_again(failed: Chord, task_id: str, switch: Path, value: int) -> None:
    body = collect.s(str(switch)).set(task_id="the-body")
    options = {"task_id": task_id, "group_id": failed.group_id, "group_index": value, "headers": {GENERATION_HEADER: 1}}
    fails_until.s(str(switch), value).set(chord=_body(failed) or body, **options).apply_async()


def _body(failed: Chord) -> dict[str, object]:
    from django_celery_results.backends.chord_results import unpack

    return unpack(failed.body or "", ())


def test_the_body_runs_once_after_the_member_succeeded(notes: Notes, more_notes: Notes, switch: Path) -> None:
    failed = failed_chord(notes, more_notes, switch)
    switch.touch()
    assert run_again(failed, "member-0", switch, 0) is not None
    assert notes.wait() == [[0, "last"]]
    wait_for(lambda: Chord.objects.get().state == ChordState.DONE)
    wait_for(lambda: TaskResult.objects.get(task_id="the-body").status == "SUCCESS")
    assert len(more_notes.read()) == 1


def test_it_waits_for_every_failed_member(notes: Notes, more_notes: Notes, switch: Path) -> None:
    failed = failed_chord(notes, more_notes, switch, members=2)
    switch.touch()
    run_again(failed, "member-0", switch, 0)
    wait_for(lambda: ChordPart.objects.filter(task_id="member-0", state="SUCCESS").exists())
    assert Chord.objects.get().state == ChordState.HEALING
    run_again(failed, "member-1", switch, 1)
    assert notes.wait() == [[0, 1, "last"]]


def test_another_failure_calls_no_errback_again(notes: Notes, more_notes: Notes, switch: Path) -> None:
    failed = failed_chord(notes, more_notes, switch)
    assert len(more_notes.wait()) == 1
    run_again(failed, "member-0", switch, 0)
    wait_for(lambda: ChordPart.objects.filter(task_id="member-0").exists())
    identity.delay().get(timeout=TIMEOUT)
    assert Chord.objects.get().state == ChordState.HEALING
    assert len(more_notes.read()) == 1
    switch.touch()
    run_again(failed, "member-0", switch, 0)
    assert notes.wait() == [[0, "last"]]


def test_undoing_leaves_everything_as_it_was(notes: Notes, more_notes: Notes, switch: Path) -> None:
    failed = failed_chord(notes, more_notes, switch)
    before = [list(model.objects.values().order_by("pk")) for model in (Chord, ChordPart)]
    reopened = reopen_member(failed.group_id, "member-0")
    assert reopened is not None
    assert Chord.objects.get().state == ChordState.HEALING
    undo_reopen(reopened)
    after = [list(model.objects.values().order_by("pk")) for model in (Chord, ChordPart)]
    assert _undated(after) == _undated(before)


def test_undoing_does_not_fail_a_chord_whose_member_ran_all_the_same(
    notes: Notes, more_notes: Notes, switch: Path
) -> None:
    failed = failed_chord(notes, more_notes, switch, members=2)
    reopened, _ = (reopen_member(failed.group_id, f"member-{number}") for number in range(2))
    assert reopened is not None
    returned = app.backend._packed_result("SUCCESS", 0)
    Part(group_id=failed.group_id, task_id="member-0", index=0, state="SUCCESS", result=returned).save("default")
    undo_reopen(reopened)
    switch.touch()
    send_again(failed, "member-1", switch, 1)
    assert notes.wait() == [[0, 1, "last"]]


def _undated(tables: list[list[dict[str, object]]]) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if "date" not in name} for rows in tables for row in rows]


def test_only_failed_members_of_failed_chords_are_reopened(notes: Notes, more_notes: Notes, switch: Path) -> None:
    failed = failed_chord(notes, more_notes, switch)
    succeeded = ChordPart.objects.get(state="SUCCESS")
    assert reopen_member(failed.group_id, succeeded.task_id) is None
    assert reopen_member(failed.group_id, "unknown") is None
    assert reopen_member("unknown", "member-0") is None
    for state in (ChordState.OPEN, ChordState.CLAIMED, ChordState.DONE):
        Chord.objects.update(state=state)
        assert reopen_member(failed.group_id, "member-0") is None
        assert Chord.objects.get().state == state
    assert ChordPart.objects.count() == 2


def test_the_part_of_a_failed_chain_is_found_by_its_last_link(notes: Notes, more_notes: Notes, switch: Path) -> None:
    first, last = fails_until.si(str(switch), 1), identity.s().set(task_id="last-link")
    chord([chain(first, last)], collect.s(notes.path)).apply_async()
    failed = wait_for(lambda: Chord.objects.filter(state=ChordState.FAILED).first(), TIMEOUT)
    assert reopen_member(failed.group_id, "last-link") is not None
