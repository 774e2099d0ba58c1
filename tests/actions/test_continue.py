"""What waited for a failed task goes on where it stopped, or the answer says why it cannot."""

from typing import Any

import pytest
from celery import chain, chord, group, states

from django_celery_results.actions.outcome import ErrorCode, RetryOutcome
from django_celery_results.actions.retry import RetryScope, retry
from django_celery_results.models import Chord, ChordState, Operation, TaskResult
from django_celery_results.policy.viewer import Viewer
from django_celery_results.states import TaskState
from tests.factories import create_failed_task, task_ref
from tests.tasks import add, echo, fail, fail_first
from tests.workers import Worker, publishing_to, wait_for, wait_for_state

pytestmark = pytest.mark.django_db


def goes_on(operator: Viewer, task_id: str, **options: Any) -> RetryOutcome:
    return retry(operator, task_ref(task_id), scope=RetryScope.CONTINUE, **options)


def codes(outcome: RetryOutcome) -> list[ErrorCode]:
    return [refusal.code for refusal in outcome.refusals]


def chord_is(state: str) -> Any:
    return wait_for(lambda: Chord.objects.filter(state=state).first())


@pytest.mark.django_db(transaction=True)
def test_the_rest_of_a_chain_runs(worker: Worker, operator: Viewer) -> None:
    last = chain(fail_first.s(1), echo.s(2)).apply_async(queue=worker.queue)
    first = last.parent.id
    wait_for_state(first, states.FAILURE)
    wait_for_state(last.id, states.FAILURE)

    outcome = goes_on(operator, first)

    assert outcome.refusals == ()
    assert outcome.task_id != first
    done = wait_for_state(last.id, states.SUCCESS)
    assert echo.AsyncResult(last.id).get(timeout=10)["args"][1] == 2
    assert wait_for_state(str(outcome.task_id), states.SUCCESS).retried_from == first
    assert done.root_id == outcome.task_id


@pytest.mark.django_db(transaction=True)
def test_alone_leaves_the_rest_of_a_chain_as_it_is(worker: Worker, operator: Viewer) -> None:
    last = chain(fail_first.s(1), echo.s(2)).apply_async(queue=worker.queue)
    wait_for_state(last.id, states.FAILURE)
    outcome = retry(operator, task_ref(last.parent.id))
    wait_for_state(str(outcome.task_id), states.SUCCESS)
    add.apply_async((1, 2), queue=worker.queue).get(timeout=10)  # the one process has been through the queue
    assert wait_for_state(last.id, states.FAILURE).status == states.FAILURE


@pytest.mark.django_db(transaction=True)
def test_a_group_heals_under_its_own_ids(worker: Worker, operator: Viewer) -> None:
    result = group(add.s(1, 1), fail_first.s("x")).apply_async(queue=worker.queue)
    row = wait_for_state(result[1].id, states.FAILURE)

    outcome = goes_on(operator, result[1].id)

    assert outcome.task_id == result[1].id
    wait_for_state(result[1].id, states.SUCCESS)
    assert result.get(timeout=10)[0] == 2
    healed = TaskResult.objects.get(task_id=result[1].id)
    assert (healed.pk, healed.date_created, healed.traceback) == (row.pk, row.date_created, None)
    assert "the first run fails" in Operation.objects.get().outcome


@pytest.mark.django_db(transaction=True)
def test_the_body_of_a_healed_chord_runs_once(worker: Worker, operator: Viewer) -> None:
    on = {"queue": worker.queue}
    body = chord([add.s(1, 1).set(**on), fail_first.s("x").set(**on)])(echo.s().set(**on))
    failed = wait_for(lambda: TaskResult.objects.filter(task_name=fail_first.name, status=states.FAILURE).first())
    chord_is(ChordState.FAILED)
    assert wait_for_state(body.id, states.FAILURE)

    outcome = goes_on(operator, failed.task_id)

    assert outcome.refusals == ()
    wait_for_state(body.id, states.SUCCESS)
    assert body.get(timeout=10)["args"][0][0] == 2
    chord_is(ChordState.DONE)
    assert worker.log.count(f"[{body.id}] succeeded") == 1


@pytest.mark.django_db(transaction=True)
def test_a_chain_inside_a_chord_heals_the_chord(worker: Worker, operator: Viewer) -> None:
    on = {"queue": worker.queue}
    member = chain(fail_first.s("x").set(**on), echo.s().set(**on))
    body = chord([add.s(1, 1).set(**on), member])(echo.s().set(**on))
    failed = wait_for(lambda: TaskResult.objects.filter(task_name=fail_first.name, status=states.FAILURE).first())
    chord_is(ChordState.FAILED)
    outcome = goes_on(operator, failed.task_id)
    assert outcome.refusals == ()
    wait_for_state(body.id, states.SUCCESS)
    assert worker.log.count(f"[{body.id}] succeeded") == 1


@pytest.mark.django_db(transaction=True)
def test_a_member_that_fails_again_fails_the_chord_again(worker: Worker, operator: Viewer) -> None:
    on = {"queue": worker.queue}
    body = chord([add.s(1, 1).set(**on), fail.s("x").set(**on)])(echo.s().set(**on))
    failed = wait_for(lambda: TaskResult.objects.filter(task_name=fail.name, status=states.FAILURE).first())
    chord_is(ChordState.FAILED)
    for generation in (1, 2):
        assert codes(goes_on(operator, failed.task_id)) == []
        again = wait_for_state(failed.task_id, states.FAILURE)
        assert again.attempt is not None
        assert again.attempt >> 47 == generation
    assert wait_for_state(body.id, states.FAILURE)


@pytest.mark.django_db(transaction=True)
def test_undone_everything_is_as_before(worker: Worker, operator: Viewer) -> None:
    on = {"queue": worker.queue}
    member = chain(fail_first.s("x").set(**on), echo.s().set(**on))
    chord([add.s(1, 1).set(**on), member])(echo.s().set(**on))
    failed = wait_for(lambda: TaskResult.objects.filter(task_name=fail_first.name, status=states.FAILURE).first())
    chord_is(ChordState.FAILED)
    before = list(TaskResult.objects.order_by("pk").values())
    with publishing_to("redis://127.0.0.1:1/0"):
        assert codes(goes_on(operator, failed.task_id)) == [ErrorCode.BROKER_UNREACHABLE]
    assert list(TaskResult.objects.order_by("pk").values()) == before
    assert Chord.objects.get().state == ChordState.FAILED
    assert codes(goes_on(operator, failed.task_id)) == []
    chord_is(ChordState.DONE)


LINK = {"task": "tests.tasks.echo", "args": [], "kwargs": {}, "options": {"task_id": "next"}}
MEMBER = {"group": "g", "delivery": {"exchange": "", "routing_key": "q"}}


@pytest.mark.parametrize(
    ("message", "status", "says"),
    [
        ({}, states.FAILURE, "Nothing waits"),
        ({"embedded": {"chain": [LINK]}}, states.SUCCESS, "Only a failed task"),
        ({"options": MEMBER}, states.REVOKED, "keeps its id"),
        ({"options": MEMBER, "embedded": {"chord": {"subtask_type": "group"}}}, states.FAILURE, "body of its chord"),
        ({"options": MEMBER, "embedded": {"chord": LINK}}, states.FAILURE, "2.x package"),
    ],
)
def test_what_cannot_go_on_says_why(
    message: dict[str, Any], status: str, says: str, operator: Viewer, sent: list[str]
) -> None:
    original = create_failed_task(status=status, **message)
    outcome = goes_on(operator, original.task_id, allow_states=list(TaskState))
    assert codes(outcome) == [ErrorCode.CANNOT_CONTINUE]
    assert says in outcome.refusals[0].message
    assert sent == []


@pytest.mark.parametrize("state", [ChordState.OPEN, ChordState.DONE])
def test_a_chord_that_does_not_wait_is_left_alone(state: str, operator: Viewer, sent: list[str]) -> None:
    Chord.objects.create(group_id="g", state=state, size=2)
    original = create_failed_task(options=MEMBER, embedded={"chord": LINK})
    assert codes(goes_on(operator, original.task_id)) == [ErrorCode.CANNOT_CONTINUE]
    assert Chord.objects.get().state == state
    assert sent == []


def test_a_preview_tells_whether_the_id_is_kept(operator: Viewer) -> None:
    for task_id, message in (("member", {"options": MEMBER}), ("link", {"embedded": {"chain": [LINK]}})):
        create_failed_task(task_id, **message)
        preview = goes_on(operator, task_id, dry_run=True).preview
        assert preview is not None
        assert preview.keeps_id == (task_id == "member")
