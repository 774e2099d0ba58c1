"""A revoked task does not run, a terminated one stops, and the answer says what the workers said."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
from celery import group, states

from django_celery_results.actions import control
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import revoke_group
from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.actions.revoke import Wish, revoke
from django_celery_results.models import Operation, OperationState, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM, Viewer
from django_celery_results.query.tasks import TaskRef
from tests.celery_app import app
from tests.factories import task_ref
from tests.tasks import add, sleep
from tests.workers import Worker, over_redis, publishing_to, wait_for_state

pytestmark = pytest.mark.django_db


def queued(queue: str, *args: object) -> TaskResult:
    """A task with a row that says it waits in the queue."""
    sent = add.apply_async(args, queue=queue)
    return TaskResult.objects.get_or_create(task_id=sent.id, defaults={"task_name": add.name, "queue": queue})[0]


def serve_all_before(worker: Worker) -> None:
    """Wait until the worker has met what was sent, revoked or not, and has stored what it thinks of it."""
    after = add.apply_async((2, 3), queue=worker.queue)  # the queue is served in order
    wait_for_state(after.id, states.SUCCESS)


@pytest.mark.django_db(transaction=True)
def test_a_queued_task_is_revoked_and_never_runs(worker: Worker, operator: Viewer) -> None:
    busy = sleep.apply_async((3,), queue=worker.queue)
    wait_for_state(busy.id, states.STARTED)
    waiting = queued(worker.queue, 1, 2)

    outcome = revoke(operator, task_ref(waiting), reason="not needed")

    assert outcome.refusals == ()
    assert [(reply.worker, reply.acknowledged) for reply in outcome.workers] == [(worker.hostname, True)]
    assert outcome.task is not None
    assert outcome.task.status == states.REVOKED
    serve_all_before(worker)
    assert wait_for_state(waiting.task_id, states.REVOKED).status == states.REVOKED
    assert f"{add.name}[{waiting.task_id}] succeeded" not in worker.log
    assert Operation.objects.get().state == OperationState.DONE


@pytest.mark.django_db(transaction=True)
def test_a_running_task_goes_on_unless_it_is_terminated(worker: Worker, operator: Viewer) -> None:
    running = sleep.apply_async((30,), queue=worker.queue)
    wait_for_state(running.id, states.STARTED)

    plain = revoke(operator, task_ref(running.id))
    assert plain.task is not None
    assert plain.task.status == states.STARTED
    started = time.monotonic()
    outcome = revoke(operator, task_ref(running.id), terminate=True, wait=5)

    assert outcome.workers[0].message == f"terminate: {running.id}"
    assert outcome.task is not None
    assert outcome.task.status == states.REVOKED
    assert time.monotonic() - started < 5
    serve_all_before(worker)


@pytest.fixture
def silent_starts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in projects that leave `task_track_started` off: a row says PENDING until the task has ended."""
    for task in (add, sleep):
        monkeypatch.setattr(task, "track_started", False)
    app.conf.task_track_started = False
    yield
    app.conf.task_track_started = True


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("silent_starts")
def test_a_task_that_runs_unseen_is_not_closed(worker: Worker, operator: Viewer) -> None:
    running = sleep.apply_async((3,), queue=worker.queue)
    wait_for_state(running.id, states.STARTED)
    TaskResult.objects.filter(task_id=running.id).update(status=states.PENDING)
    waiting = queued(worker.queue, 1, 2)
    outcomes = [revoke(operator, task_ref(task_id)) for task_id in (running.id, waiting.task_id)]
    assert [outcome.refusals for outcome in outcomes] == [(), ()]
    assert [outcome.task and outcome.task.status for outcome in outcomes] == [states.PENDING, states.REVOKED]
    wait_for_state(running.id, states.SUCCESS)
    serve_all_before(worker)


@pytest.mark.usefixtures("silent_starts")
@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ([{"a": {"t": ["active", {}]}}, {"b": {}}], states.PENDING),
        ([{"a": {"t": ["reserved", {}]}}, {"b": {}}], states.REVOKED),
        ([{"a": {}}, {"b": {}}], states.REVOKED),
        ([{"a": {}}], states.PENDING),
        ([{"a": {}}, {"b": {"error": "no such command"}}], states.PENDING),
    ],
)
def test_a_task_is_closed_only_where_every_worker_says_that_it_does_not_run(
    answers: list[object], status: str, operator: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.forget()
    monkeypatch.setattr(app.control, "revoke", lambda *_, **__: [{"a": {"ok": "flagged"}}, {"b": {"ok": "flagged"}}])
    monkeypatch.setattr(app.control, "broadcast", lambda *_, **__: answers)
    outcome = revoke(operator, task_ref(TaskResult.objects.create(task_id="t", task_name=add.name)))
    assert outcome.refusals == ()
    assert outcome.task is not None
    assert outcome.task.status == status


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("signal", ["SIGKILL", "SIGQUIT"])
@over_redis
def test_the_signal_is_the_one_that_is_chosen(worker: Worker, operator: Viewer, signal: str) -> None:
    running = sleep.apply_async((30,), queue=worker.queue)
    wait_for_state(running.id, states.STARTED)
    outcome = revoke(operator, task_ref(running.id), terminate=True, signal=signal, wait=5)
    assert outcome.task is not None
    assert outcome.task.status == states.REVOKED
    assert json.loads(Operation.objects.get().input)["signal"] == signal
    wait_for_state(add.apply_async((1, 2), queue=worker.queue).id, states.SUCCESS)  # its process was replaced


@pytest.mark.django_db(transaction=True)
def test_a_group_is_revoked_in_one_go(worker: Worker, operator: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    real = app.control.revoke
    monkeypatch.setattr(app.control, "revoke", lambda ids, **options: told.append(len(ids)) or real(ids, **options))
    first = add.apply_async((1, 1), queue=worker.queue)
    wait_for_state(first.id, states.SUCCESS)
    members = group(sleep.s(30), add.s(1, 1), add.s(2, 2)).apply_async(queue=worker.queue)
    wait_for_state(members[0].id, states.STARTED)
    for member in members:
        TaskResult.objects.get_or_create(task_id=member.id)
    TaskResult.objects.filter(task_id__in=[member.id for member in members]).update(group_id=members.id)

    outcome = revoke_group(operator, str(members.id), Wish(terminate=True), BulkOptions(reason="not needed"))

    assert outcome.refusals == ()
    assert (outcome.done_count, told) == (3, [3])
    for member in members:
        wait_for_state(member.id, states.REVOKED)
    wait_for_state(add.apply_async((1, 2), queue=worker.queue).id, states.SUCCESS)
    assert wait_for_state(first.id, states.SUCCESS).status == states.SUCCESS


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@over_redis
def test_a_worker_that_keeps_silent_is_named_beside_those_that_answer(worker: Worker, operator: Viewer) -> None:
    waiting = TaskResult.objects.create(task_id="elsewhere", worker="gone@host")
    outcome = revoke(operator, task_ref(waiting), wait=1)
    assert {(reply.worker, reply.acknowledged) for reply in outcome.workers} == {
        (worker.hostname, True), ("gone@host", False)
    }  # fmt: skip


def test_a_finished_task_is_refused_with_its_state(operator: Viewer, sent: list[str]) -> None:
    done = TaskResult.objects.create(task_id="done", status=states.SUCCESS)
    outcome = revoke(operator, task_ref(done))
    assert [refusal.code for refusal in outcome.refusals] == [ErrorCode.ALREADY_FINISHED]
    assert "SUCCESS" in outcome.refusals[0].message


def test_the_same_key_gets_the_first_outcome_though_the_task_is_revoked_by_now(
    operator: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.forget()
    told: list[object] = []
    monkeypatch.setattr(app.control, "revoke", lambda ids, **_: told.append(ids) or [{"worker@a": {"ok": "flagged"}}])
    waiting = TaskResult.objects.create(task_id="waiting")
    first, again = (revoke(operator, task_ref(waiting), idempotency_key="k") for _ in range(2))
    assert first.task is not None
    assert first.task.status == states.REVOKED
    assert (again.refusals, again.operation, told) == ((), first.operation, [["waiting"]])
    assert [refusal.code for refusal in revoke(operator, task_ref(waiting)).refusals] == [ErrorCode.ALREADY_FINISHED]


def test_where_nobody_answers_nothing_is_claimed(operator: Viewer) -> None:
    control.forget()
    with publishing_to("memory://nobody"):
        waiting = TaskResult.objects.create(task_id="waiting", worker="gone@host")
        outcome = revoke(operator, task_ref(waiting), wait=0.2)
    assert [refusal.code for refusal in outcome.refusals] == [ErrorCode.WORKERS_UNREACHABLE]
    assert [(reply.worker, reply.acknowledged) for reply in outcome.workers] == [("gone@host", False)]
    assert TaskResult.objects.get().status == states.PENDING


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_broker_without_remote_control_says_so(dry_run: bool, operator: Viewer) -> None:
    waiting = TaskResult.objects.create(task_id="waiting")
    with publishing_to("sqla+sqlite://"):  # carries no fanout
        outcome = revoke(operator, task_ref(waiting), dry_run=dry_run)
    assert [refusal.code for refusal in outcome.refusals] == [ErrorCode.CONTROL_UNSUPPORTED]
    assert not outcome.is_supported
    assert TaskResult.objects.get().status == states.PENDING


def test_redis_and_rabbitmq_carry_remote_control() -> None:
    assert control.is_supported(app)


@pytest.mark.parametrize(
    ("held", "signal", "lacking"),
    [
        ((Action.VIEW,), "SIGTERM", Action.REVOKE),
        ((Action.VIEW, Action.REVOKE), "SIGTERM", Action.TERMINATE),
        ((Action.VIEW, Action.REVOKE, Action.TERMINATE), "SIGKILL", Action.KILL),
    ],
)
def test_each_way_to_stop_a_task_needs_its_permission(
    held: tuple[Action, ...],
    signal: str,
    lacking: Action,
    viewer_with: Callable[..., Viewer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(app.control, "revoke", lambda *args, **options: asked.append(args))
    running = TaskResult.objects.create(task_id="running", status=states.STARTED)
    outcome = revoke(viewer_with(*held), task_ref(running), terminate=True, signal=signal)
    assert [(refusal.code, refusal.permission) for refusal in outcome.refusals] == [
        (ErrorCode.FORBIDDEN, lacking.permission)
    ]
    assert asked == []


@pytest.mark.parametrize(("options", "path"), [({"signal": "SIGSTOP"}, "signal"), ({"wait": 3600}, "wait")])
def test_nonsense_is_refused_by_name(options: dict[str, object], path: str, operator: Viewer) -> None:
    running = TaskResult.objects.create(task_id="running", status=states.STARTED)
    outcome = revoke(operator, task_ref(running), terminate=True, **options)  # type: ignore[arg-type]
    assert [(refusal.code, refusal.path) for refusal in outcome.refusals] == [(ErrorCode.INVALID_INPUT, (path,))]


def test_an_id_without_a_row_may_be_revoked_unless_rows_are_narrowed(
    operator: Viewer, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    told: list[object] = []
    monkeypatch.setattr(app.control, "revoke", lambda ids, **_: told.append(ids) or [{"worker@a": {"ok": "flagged"}}])
    assert revoke(operator, TaskRef(task_id="unknown")).refusals == ()
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.OwnQueueOnly"}  # type: ignore[attr-defined]
    refused = revoke(operator, TaskRef(task_id="unknown")).refusals
    assert [refusal.code for refusal in refused] == [ErrorCode.NOT_FOUND]
    assert told == [["unknown"]]
    assert revoke(SYSTEM, TaskRef(task_id="unknown")).refusals == ()


@pytest.mark.parametrize("task_id", ["forged\nINFO line of a log", "x" * 5000])
def test_an_id_that_no_row_could_have_is_told_to_no_worker(
    operator: Viewer, monkeypatch: pytest.MonkeyPatch, task_id: str
) -> None:
    told: list[object] = []
    monkeypatch.setattr(app.control, "revoke", lambda ids, **_: told.append(ids))
    [refusal] = revoke(operator, TaskRef(task_id=task_id)).refusals
    assert (refusal.code, told) == (ErrorCode.NOT_FOUND, [])
