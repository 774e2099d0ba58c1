"""Retry with the scope CONTINUE: the rest of a chain, the group or the chord of a failed task goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Signature, chain, chord, group, states

from django_celery_results.actions.outcome import ErrorCode, RetryOutcome
from django_celery_results.actions.retry import RetryScope, retry
from django_celery_results.backends.chord_results import unpack
from django_celery_results.models import Chord, ChordState, Operation, TaskResult
from django_celery_results.policy.viewer import Viewer
from django_celery_results.states import GENERATION_HEADER, TaskState
from tests.actions.outcomes import refusal_codes
from tests.celery_app import app
from tests.chords.routing import routing_all_tasks_to
from tests.factories import QUEUE, create_chord, create_failed_task, task_ref
from tests.tasks import add, echo, fail, fail_first, fail_then_replace, replace_by
from tests.workers import PATIENCE, Worker, publishing_to, wait_for, wait_for_state, wait_until_served

pytestmark = pytest.mark.django_db


def continue_from(viewer: Viewer, task_id: str, **options: Any) -> RetryOutcome:
    return retry(viewer, task_ref(task_id), scope=RetryScope.CONTINUE, **options)


def wait_for_chord(state: str) -> None:
    """Wait until the one chord there is has this state."""
    wait_for(lambda: Chord.objects.filter(state=state).exists())


def wait_for_failed_member(worker: Worker, task_name: str) -> TaskResult:
    """Wait until the chord has failed and the worker is done with it; return the row of the task that raised."""
    wait_for_chord(ChordState.FAILED)
    wait_until_served(worker)
    return TaskResult.objects.get(task_name=task_name, status=states.FAILURE)


def test_continue_runs_the_rest_of_a_chain(worker: Worker, operator: Viewer) -> None:
    last = chain(fail_first.s(1), echo.s(2)).apply_async(queue=worker.queue)
    first = last.parent.id
    wait_for_state(first, states.FAILURE)
    wait_for_state(last.id, states.FAILURE)

    outcome = continue_from(operator, first)

    assert outcome.refusals == ()
    assert outcome.task_id != first
    last_row = wait_for_state(last.id, states.SUCCESS)
    assert echo.AsyncResult(last.id).get(timeout=PATIENCE)["args"][1] == 2
    assert wait_for_state(str(outcome.task_id), states.SUCCESS).retried_from == first
    assert last_row.root_id == outcome.task_id


def test_scope_alone_leaves_the_rest_of_a_chain_failed(worker: Worker, operator: Viewer) -> None:
    last = chain(fail_first.s(1), echo.s(2)).apply_async(queue=worker.queue)
    wait_for_state(last.id, states.FAILURE)

    outcome = retry(operator, task_ref(last.parent.id))

    wait_for_state(str(outcome.task_id), states.SUCCESS)
    wait_until_served(worker)
    assert TaskResult.objects.get(task_id=last.id).status == states.FAILURE


def test_continue_repeats_a_member_of_a_group_under_its_own_id(worker: Worker, operator: Viewer) -> None:
    result = group(add.s(1, 1), fail_first.s("x")).apply_async(queue=worker.queue)
    failed = wait_for_state(result[1].id, states.FAILURE)

    outcome = continue_from(operator, failed.task_id)

    assert outcome.task_id == failed.task_id
    row = wait_for_state(failed.task_id, states.SUCCESS)
    assert result.get(timeout=PATIENCE)[0] == 2
    assert (row.pk, row.date_created, row.traceback) == (failed.pk, failed.date_created, None)
    assert "the first run fails" in Operation.objects.get().outcome


REPLACEMENTS: dict[str, Callable[[], Signature]] = {
    "a task": lambda: fail.s("again"),
    "a chain": lambda: chain(add.s(1, 1), fail.si("again")),
    "a chord": lambda: chord([add.s(1, 1), add.s(2, 2)], fail.si("again")),
    "a chain that ends in a chord": lambda: chain(add.s(1, 1), chord([add.s(1), add.s(2)], fail.si("again"))),
    "a task that is replaced": lambda: replace_by.s(chord([add.s(1, 1), add.s(2, 2)], fail.si("again"))),
}


@pytest.mark.parametrize("replacement", REPLACEMENTS.values(), ids=REPLACEMENTS)
def test_continued_task_fails_with_what_it_replaces_itself_by(
    replacement: Callable[[], Signature], worker: Worker, operator: Viewer
) -> None:
    with routing_all_tasks_to(worker):
        members = group(add.s(1, 1), fail_then_replace.s(replacement())).apply_async()
        failed = wait_for_state(members[1].id, states.FAILURE)

        assert refusal_codes(continue_from(operator, failed.task_id)) == []

        wait_for(lambda: f"[{failed.task_id}] raised unexpected: ValueError('again')" in worker.log)
        wait_until_served(worker)
    row = TaskResult.objects.get(task_id=failed.task_id)
    assert (row.status, row.task_name) == (states.FAILURE, fail.name)
    assert "again" in str(row.result)


def test_body_that_a_sweep_sends_has_the_generation_of_the_task_that_its_chord_replaces() -> None:
    @app.task
    def start_chord() -> None:
        app.backend.apply_chord(("of a replacement", []), echo.s().set(task_id="replaced", queue=QUEUE))

    start_chord.apply(task_id="replaced", headers={GENERATION_HEADER: 2})

    body = unpack(str(Chord.objects.get().body), ())
    assert body["options"]["headers"] == {GENERATION_HEADER: 2}


def test_continue_runs_the_body_of_a_chord_once(worker: Worker, operator: Viewer) -> None:
    on = {"queue": worker.queue}
    body = chord([add.s(1, 1).set(**on), fail_first.s("x").set(**on)])(echo.s().set(**on))
    failed = wait_for_failed_member(worker, fail_first.name)
    wait_for_state(body.id, states.FAILURE)

    outcome = continue_from(operator, failed.task_id)

    assert outcome.refusals == ()
    wait_for_state(body.id, states.SUCCESS)
    assert body.get(timeout=PATIENCE)["args"][0][0] == 2
    wait_for_chord(ChordState.DONE)
    wait_until_served(worker)
    assert worker.log.count(f"[{body.id}] succeeded") == 1


def test_continue_of_a_chain_inside_a_chord_runs_the_body_once(worker: Worker, operator: Viewer) -> None:
    on = {"queue": worker.queue}
    member = chain(fail_first.s("x").set(**on), echo.s().set(**on))
    body = chord([add.s(1, 1).set(**on), member])(echo.s().set(**on))
    failed = wait_for_failed_member(worker, fail_first.name)

    outcome = continue_from(operator, failed.task_id)

    assert outcome.refusals == ()
    wait_for_state(body.id, states.SUCCESS)
    wait_until_served(worker)
    assert worker.log.count(f"[{body.id}] succeeded") == 1


def test_member_that_fails_again_can_be_continued_again(worker: Worker, operator: Viewer) -> None:
    on = {"queue": worker.queue}
    body = chord([add.s(1, 1).set(**on), fail.s("x").set(**on)])(echo.s().set(**on))
    failed = wait_for_failed_member(worker, fail.name)
    for generation in (1, 2):
        assert refusal_codes(continue_from(operator, failed.task_id)) == []
        row = wait_for_state(failed.task_id, states.FAILURE)
        assert row.attempt is not None
        assert row.attempt >> 47 == generation
        wait_until_served(worker)  # the chord hears of the failure after the row is stored
        assert Chord.objects.get().state == ChordState.HEALING
    assert TaskResult.objects.get(task_id=body.id).status == states.FAILURE


def test_broker_outage_restores_every_row_and_the_chord(worker: Worker, operator: Viewer) -> None:
    on = {"queue": worker.queue}
    member = chain(fail_first.s("x").set(**on), echo.s().set(**on))
    chord([add.s(1, 1).set(**on), member])(echo.s().set(**on))
    failed = wait_for_failed_member(worker, fail_first.name)
    before = list(TaskResult.objects.order_by("pk").values())
    with publishing_to("redis://127.0.0.1:1/0"):
        assert refusal_codes(continue_from(operator, failed.task_id)) == [ErrorCode.BROKER_UNREACHABLE]
    assert list(TaskResult.objects.order_by("pk").values()) == before
    assert Chord.objects.get().state == ChordState.FAILED

    assert refusal_codes(continue_from(operator, failed.task_id)) == []
    wait_for_chord(ChordState.DONE)


LINK = {"task": "tests.tasks.echo", "args": [], "kwargs": {}, "options": {"task_id": "next"}}
MEMBER = {"group": "g", "delivery": {"exchange": "", "routing_key": "q"}}


@pytest.mark.parametrize(
    ("message", "status", "reason"),
    [
        ({}, states.FAILURE, "ALONE"),
        ({"embedded": {"chain": [LINK]}}, states.SUCCESS, "SUCCESS"),
        ({"options": MEMBER}, states.REVOKED, "revoked"),
        ({"options": MEMBER, "embedded": {"chord": {"subtask_type": "group"}}}, states.FAILURE, "is a group"),
        ({"options": MEMBER, "embedded": {"chord": LINK}}, states.FAILURE, "2.x"),
    ],
)
def test_continue_is_refused_where_nothing_can_follow(
    message: dict[str, Any], status: str, reason: str, operator: Viewer, sent: list[str]
) -> None:
    original = create_failed_task(status=status, **message)
    outcome = continue_from(operator, original.task_id, allow_states=list(TaskState))
    assert refusal_codes(outcome) == [ErrorCode.CANNOT_CONTINUE]
    assert reason in outcome.refusals[0].message
    assert sent == []


@pytest.mark.parametrize("state", [ChordState.OPEN, ChordState.DONE])
def test_chord_that_has_not_failed_is_left_alone(state: str, operator: Viewer, sent: list[str]) -> None:
    create_chord("g", state, size=2)
    original = create_failed_task(options=MEMBER, embedded={"chord": LINK})
    assert refusal_codes(continue_from(operator, original.task_id)) == [ErrorCode.CANNOT_CONTINUE]
    assert Chord.objects.get().state == state
    assert sent == []


def test_preview_says_whether_the_task_keeps_its_id(operator: Viewer) -> None:
    for task_id, message in (("member", {"options": MEMBER}), ("link", {"embedded": {"chain": [LINK]}})):
        create_failed_task(task_id, **message)
        preview = continue_from(operator, task_id, dry_run=True).preview
        assert preview is not None
        assert preview.keeps_id == (task_id == "member")
