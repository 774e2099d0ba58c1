"""A failed member that is run again: the body of its chord runs once, as soon as all members have succeeded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from celery import chain, chord

from django_celery_results.backends.chord_results import unpack
from django_celery_results.chord_rows import Part, Reopened, reopen_members, undo_reopen
from django_celery_results.models import Chord, ChordPart, ChordState
from django_celery_results.states import GENERATION_HEADER
from tests.celery_app import app
from tests.chords.call_log import CallLog
from tests.chords.marks import committing
from tests.chords.tasks import collect, fail_until_file_exists, identity, record_error
from tests.workers import wait_for, wait_for_state

pytestmark = [committing, pytest.mark.usefixtures("chord_worker")]
FailChord = Callable[..., Chord]


@pytest.fixture
def success_file(tmp_path: Path) -> Path:
    """Members fail as long as this file is missing."""
    return tmp_path / "success"


@pytest.fixture
def fail_chord(body_calls: CallLog, errback_calls: CallLog, success_file: Path) -> FailChord:
    """Run a chord of so many failing members and one that succeeds, and return it once it has failed."""

    def fail(failing: int = 1) -> Chord:
        members = [
            fail_until_file_exists.s(str(success_file), number).set(task_id=f"member-{number}")
            for number in range(failing)
        ]
        body = collect.s(body_calls.path).set(task_id="the-body").on_error(record_error.s(path=errback_calls.path))
        chord([*members, identity.s("last")], body).apply_async()
        return wait_for_failed_chord()

    return fail


def wait_for_failed_chord() -> Chord:
    return wait_for(lambda: Chord.objects.filter(state=ChordState.FAILED).first())


def reopen_member(group_id: str, task_id: str) -> Reopened | None:
    return reopen_members([(group_id, task_id)]).get((group_id, task_id))


def run_member(failed: Chord, number: int, success_file: Path) -> None:
    """Publish a member again with its own id, as a retry with the scope CONTINUE does."""
    body = unpack(str(failed.body), ())
    fail_until_file_exists.s(str(success_file), number).set(
        task_id=f"member-{number}",
        group_id=failed.group_id,
        group_index=number,
        chord=body,
        headers={GENERATION_HEADER: 1},
    ).apply_async()


def retry_member(failed: Chord, number: int, success_file: Path) -> None:
    """Reopen a member and publish it again."""
    assert reopen_member(failed.group_id, f"member-{number}")
    run_member(failed, number, success_file)


def stored_rows() -> list[dict[str, object]]:
    """Return the rows of chords and parts without their dates."""
    rows = [row for model in (Chord, ChordPart) for row in model.objects.order_by("pk").values()]
    return [{name: value for name, value in row.items() if "date" not in name} for row in rows]


def test_body_runs_once_after_the_failed_member_succeeded(
    fail_chord: FailChord, body_calls: CallLog, errback_calls: CallLog, success_file: Path
) -> None:
    failed = fail_chord()
    success_file.touch()
    retry_member(failed, 0, success_file)
    assert body_calls.wait() == [[0, "last"]]
    wait_for(lambda: Chord.objects.get().state == ChordState.DONE)
    wait_for_state("the-body", "SUCCESS")
    assert len(errback_calls.read()) == 1


def test_body_waits_for_every_failed_member(fail_chord: FailChord, body_calls: CallLog, success_file: Path) -> None:
    failed = fail_chord(failing=2)
    success_file.touch()
    retry_member(failed, 0, success_file)
    wait_for(lambda: ChordPart.objects.filter(task_id="member-0", state="SUCCESS").exists())
    assert Chord.objects.get().state == ChordState.HEALING
    retry_member(failed, 1, success_file)
    assert body_calls.wait() == [[0, 1, "last"]]


def test_errback_is_not_called_again_if_the_member_fails_again(
    fail_chord: FailChord, body_calls: CallLog, errback_calls: CallLog, success_file: Path
) -> None:
    failed = fail_chord()
    errback_calls.wait()
    retry_member(failed, 0, success_file)
    wait_for(lambda: ChordPart.objects.filter(task_id="member-0").exists())
    assert Chord.objects.get().state == ChordState.HEALING
    success_file.touch()
    retry_member(failed, 0, success_file)
    assert body_calls.wait() == [[0, "last"]]
    assert len(errback_calls.read()) == 1


def test_undo_reopen_restores_chord_and_parts(fail_chord: FailChord) -> None:
    failed = fail_chord()
    before = stored_rows()
    reopened = reopen_member(failed.group_id, "member-0")
    assert reopened is not None
    assert Chord.objects.get().state == ChordState.HEALING
    undo_reopen(reopened)
    assert stored_rows() == before


def test_undo_reopen_does_not_fail_a_chord_whose_member_has_run(
    fail_chord: FailChord, body_calls: CallLog, success_file: Path
) -> None:
    failed = fail_chord(failing=2)
    reopened, _ = (reopen_member(failed.group_id, f"member-{number}") for number in range(2))
    assert reopened is not None
    returned = app.backend._packed_result("SUCCESS", 0)
    Part(group_id=failed.group_id, task_id="member-0", index=0, state="SUCCESS", result=returned).save("default")
    undo_reopen(reopened)
    success_file.touch()
    run_member(failed, 1, success_file)
    assert body_calls.wait() == [[0, 1, "last"]]


def test_only_failed_members_of_failed_chords_are_reopened(fail_chord: FailChord) -> None:
    failed = fail_chord()
    succeeded = ChordPart.objects.get(state="SUCCESS")
    assert reopen_member(failed.group_id, succeeded.task_id) is None
    assert reopen_member(failed.group_id, "unknown") is None
    assert reopen_member("unknown", "member-0") is None
    for state in (ChordState.OPEN, ChordState.CLAIMED, ChordState.DONE):
        Chord.objects.update(state=state)
        assert reopen_member(failed.group_id, "member-0") is None
        assert Chord.objects.get().state == state
    assert ChordPart.objects.count() == 2


def test_failed_chain_is_reopened_by_the_id_of_its_last_task(body_calls: CallLog, success_file: Path) -> None:
    first, last = fail_until_file_exists.si(str(success_file), 1), identity.s().set(task_id="last-task")
    chord([chain(first, last)], collect.s(body_calls.path)).apply_async()
    assert reopen_member(wait_for_failed_chord().group_id, "last-task") is not None
