"""Revoke and terminate: what workers do, what they answer, and what is refused."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import group, states

from django_celery_results.actions import control
from django_celery_results.actions import revoke as revoke_module
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.bulk_work import revoke_group
from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.actions.revoke import MAX_WAIT, Wish, revoke
from django_celery_results.models import Operation, OperationState, TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import SYSTEM, Viewer
from django_celery_results.query.tasks import TaskRef
from tests.actions.outcomes import refusal_codes
from tests.celery_app import app
from tests.factories import create_task, task_ref
from tests.tasks import add, sleep, wait_for_file
from tests.workers import Worker, over_redis, publishing_to, wait_for_state, wait_until_served

pytestmark = pytest.mark.django_db


def send_and_store(queue: str) -> TaskResult:
    """Send a task to a worker that is busy; create the row that says that it waits."""
    sent = add.apply_async((1, 2), queue=queue)
    return create_task(sent.id, states.PENDING, task_name=add.name, queue=queue)


def test_revoked_task_that_waits_never_runs(known_worker: Worker, operator: Viewer, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    busy = wait_for_file.apply_async((str(gate),), queue=known_worker.queue)
    wait_for_state(busy.id, states.STARTED)
    waiting = send_and_store(known_worker.queue)

    outcome = revoke(operator, task_ref(waiting), reason="not needed", wait=MAX_WAIT)

    assert outcome.refusals == ()
    assert [(reply.worker, reply.acknowledged) for reply in outcome.workers] == [(known_worker.hostname, True)]
    assert outcome.task is not None
    assert outcome.task.status == states.REVOKED
    gate.touch()
    wait_until_served(known_worker)
    assert TaskResult.objects.get(task_id=waiting.task_id).status == states.REVOKED
    assert f"[{waiting.task_id}] succeeded" not in known_worker.log
    assert Operation.objects.get().state == OperationState.DONE


def test_revoked_task_that_runs_goes_on_until_it_is_terminated(known_worker: Worker, operator: Viewer) -> None:
    running = sleep.apply_async((300,), queue=known_worker.queue)
    wait_for_state(running.id, states.STARTED)

    revoked = revoke(operator, task_ref(running.id), wait=MAX_WAIT)
    assert revoked.task is not None
    assert revoked.task.status == states.STARTED
    terminated = revoke(operator, task_ref(running.id), terminate=True, wait=MAX_WAIT)

    assert terminated.workers[0].message == f"terminate: {running.id}"
    assert terminated.task is not None
    assert terminated.task.status == states.REVOKED
    wait_until_served(known_worker)  # by the process that replaces the one that was terminated


def test_terminate_returns_as_soon_as_the_row_says_that_the_task_ended(
    operator: Viewer, acknowledged_broadcasts: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def end_task_in_the_second_pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            TaskResult.objects.update(status=states.REVOKED)

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=end_task_in_the_second_pause)
    monkeypatch.setattr(revoke_module, "time", clock)
    outcome = revoke(operator, task_ref(create_task(status=states.STARTED)), terminate=True, wait=MAX_WAIT)
    assert outcome.task is not None
    assert outcome.task.status == states.REVOKED
    assert len(pauses) == 2


@pytest.fixture
def untracked_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish as projects that leave `task_track_started` off: rows say PENDING until the task has ended."""
    for task in (add, wait_for_file):
        monkeypatch.setattr(task, "track_started", False)
    monkeypatch.setattr(app.conf, "task_track_started", False)


@pytest.mark.usefixtures("untracked_starts")
def test_revoke_leaves_the_row_of_a_task_that_runs_untracked(
    known_worker: Worker, operator: Viewer, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    running = wait_for_file.apply_async((str(gate),), queue=known_worker.queue)
    wait_for_state(running.id, states.STARTED)
    TaskResult.objects.filter(task_id=running.id).update(status=states.PENDING)
    waiting = send_and_store(known_worker.queue)
    outcomes = [revoke(operator, task_ref(task_id), wait=MAX_WAIT) for task_id in (running.id, waiting.task_id)]
    assert [outcome.refusals for outcome in outcomes] == [(), ()]
    assert [outcome.task and outcome.task.status for outcome in outcomes] == [states.PENDING, states.REVOKED]
    gate.touch()
    wait_for_state(running.id, states.SUCCESS)


@pytest.mark.usefixtures("untracked_starts")
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
def test_untracked_task_becomes_revoked_only_if_every_worker_answers_that_it_does_not_run(
    answers: list[object], status: str, operator: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.forget()
    monkeypatch.setattr(app.control, "revoke", lambda *_, **__: [{"a": {"ok": "flagged"}}, {"b": {"ok": "flagged"}}])
    monkeypatch.setattr(app.control, "broadcast", lambda *_, **__: answers)
    outcome = revoke(operator, task_ref(create_task("t", states.PENDING, task_name=add.name)))
    assert outcome.refusals == ()
    assert outcome.task is not None
    assert outcome.task.status == status


@pytest.mark.once
@pytest.mark.parametrize("signal", ["SIGKILL", "SIGQUIT"])
@over_redis
def test_terminate_sends_the_chosen_signal(known_worker: Worker, operator: Viewer, signal: str) -> None:
    running = sleep.apply_async((300,), queue=known_worker.queue)
    wait_for_state(running.id, states.STARTED)
    outcome = revoke(operator, task_ref(running.id), terminate=True, signal=signal, wait=MAX_WAIT)
    assert outcome.task is not None
    assert outcome.task.status == states.REVOKED
    assert json.loads(Operation.objects.get().input)["signal"] == signal
    wait_until_served(known_worker)  # by the process that replaces the one that was killed


def test_revoke_group_broadcasts_once_and_ends_every_member(
    known_worker: Worker, operator: Viewer, revoke_broadcasts: list[list[str]]
) -> None:
    other = add.apply_async((1, 1), queue=known_worker.queue)
    wait_for_state(other.id, states.SUCCESS)
    members = group(sleep.s(300), add.s(1, 1), add.s(2, 2)).apply_async(queue=known_worker.queue)
    wait_for_state(members[0].id, states.STARTED)
    for member in members[1:]:
        create_task(member.id, states.PENDING, task_name=add.name)
    member_ids = [member.id for member in members]
    TaskResult.objects.filter(task_id__in=member_ids).update(group_id=members.id)

    outcome = revoke_group(operator, str(members.id), Wish(terminate=True, wait=MAX_WAIT), BulkOptions())

    assert (refusal_codes(outcome), outcome.done_count) == ([], 3)
    assert [sorted(task_ids) for task_ids in revoke_broadcasts] == [sorted(member_ids)]
    for member in members:
        wait_for_state(member.id, states.REVOKED)
    wait_until_served(known_worker)
    assert TaskResult.objects.get(task_id=other.id).status == states.SUCCESS


@pytest.mark.once
@over_redis
def test_revoke_names_an_expected_worker_that_does_not_answer(
    worker: Worker, operator: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.forget()
    destinations: list[Any] = []
    broadcast = app.control.revoke

    def revoke_on_real_worker(ids: list[str], *, destination: Any = None, **options: Any) -> Any:
        destinations.append(destination)
        return [] if destination else broadcast(ids, **options)  # `gone@host` is asked once more, and stays silent

    monkeypatch.setattr(app.control, "revoke", revoke_on_real_worker)
    waiting = create_task("elsewhere", states.PENDING, worker="gone@host")
    outcome = revoke(operator, task_ref(waiting), wait=MAX_WAIT)
    assert {(reply.worker, reply.acknowledged) for reply in outcome.workers} == {
        (worker.hostname, True), ("gone@host", False)
    }  # fmt: skip
    assert destinations == [None, ["gone@host"]]


def test_revoke_of_a_finished_task_is_refused_with_its_state(operator: Viewer) -> None:
    outcome = revoke(operator, task_ref(create_task("done", states.SUCCESS)))
    assert refusal_codes(outcome) == [ErrorCode.ALREADY_FINISHED]
    assert "SUCCESS" in outcome.refusals[0].message


def test_same_key_returns_the_first_outcome_after_the_task_is_revoked(
    operator: Viewer, acknowledged_broadcasts: list[list[str]]
) -> None:
    waiting = create_task("waiting", states.PENDING)
    first, again = (revoke(operator, task_ref(waiting), idempotency_key="k") for _ in range(2))
    assert first.task is not None
    assert first.task.status == states.REVOKED
    assert (again.refusals, again.operation, acknowledged_broadcasts) == ((), first.operation, [["waiting"]])
    assert refusal_codes(revoke(operator, task_ref(waiting))) == [ErrorCode.ALREADY_FINISHED]


def test_revoke_that_no_worker_answers_leaves_the_row(operator: Viewer) -> None:
    control.forget()
    waiting = create_task("waiting", states.PENDING, worker="gone@host")
    outcome = revoke(operator, task_ref(waiting), wait=0.2)  # nobody reads from the broker in memory
    assert refusal_codes(outcome) == [ErrorCode.WORKERS_UNREACHABLE]
    assert [(reply.worker, reply.acknowledged) for reply in outcome.workers] == [("gone@host", False)]
    assert TaskResult.objects.get().status == states.PENDING


@pytest.mark.parametrize("dry_run", [True, False])
def test_revoke_over_a_broker_without_remote_control_is_refused(dry_run: bool, operator: Viewer) -> None:
    waiting = create_task("waiting", states.PENDING)
    with publishing_to("sqla+sqlite://"):  # carries no fanout
        outcome = revoke(operator, task_ref(waiting), dry_run=dry_run)
    assert refusal_codes(outcome) == [ErrorCode.CONTROL_UNSUPPORTED]
    assert not outcome.is_supported
    assert TaskResult.objects.get().status == states.PENDING


@pytest.mark.parametrize(
    ("url", "is_supported"),
    [("redis://127.0.0.1:1/0", True), ("amqp://guest:guest@127.0.0.1:1//", True), ("sqla+sqlite://", False)],
)
def test_remote_control_is_supported_over_redis_and_rabbitmq(url: str, is_supported: bool) -> None:
    with publishing_to(url):
        assert control.is_supported(app) == is_supported


@pytest.mark.parametrize(
    ("held", "signal", "lacking"),
    [
        ((Action.VIEW,), "SIGTERM", Action.REVOKE),
        ((Action.VIEW, Action.REVOKE), "SIGTERM", Action.TERMINATE),
        ((Action.VIEW, Action.REVOKE, Action.TERMINATE), "SIGKILL", Action.KILL),
    ],
)
def test_revoke_terminate_and_kill_need_one_permission_each(
    held: tuple[Action, ...],
    signal: str,
    lacking: Action,
    viewer_with: Callable[..., Viewer],
    acknowledged_broadcasts: list[list[str]],
) -> None:
    running = create_task("running", states.STARTED)
    outcome = revoke(viewer_with(*held), task_ref(running), terminate=True, signal=signal)
    assert [(refusal.code, refusal.permission) for refusal in outcome.refusals] == [
        (ErrorCode.FORBIDDEN, lacking.permission)
    ]
    assert acknowledged_broadcasts == []


@pytest.mark.parametrize(("options", "path"), [({"signal": "SIGSTOP"}, "signal"), ({"wait": 3_600}, "wait")])
def test_invalid_option_is_refused_with_its_path(
    options: dict[str, Any], path: str, operator: Viewer, acknowledged_broadcasts: list[list[str]]
) -> None:
    running = create_task("running", states.STARTED)
    outcome = revoke(operator, task_ref(running), terminate=True, **options)
    assert [(refusal.code, refusal.path) for refusal in outcome.refusals] == [(ErrorCode.INVALID_INPUT, (path,))]
    assert acknowledged_broadcasts == []


def test_task_without_a_row_can_be_revoked_unless_the_policy_narrows_rows(
    operator: Viewer, acknowledged_broadcasts: list[list[str]], settings: Any
) -> None:
    unknown = TaskRef(task_id="unknown")
    assert revoke(operator, unknown).refusals == ()
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.actions.policies.OwnQueueOnly"}
    assert refusal_codes(revoke(operator, unknown)) == [ErrorCode.NOT_FOUND]
    assert acknowledged_broadcasts == [["unknown"]]
    assert revoke(SYSTEM, unknown).refusals == ()


@pytest.mark.parametrize("task_id", ["forged\nINFO line of a log", "x" * 5000])
def test_id_that_no_row_can_have_is_not_broadcast(
    task_id: str, operator: Viewer, acknowledged_broadcasts: list[list[str]]
) -> None:
    assert refusal_codes(revoke(operator, TaskRef(task_id=task_id))) == [ErrorCode.NOT_FOUND]
    assert acknowledged_broadcasts == []
