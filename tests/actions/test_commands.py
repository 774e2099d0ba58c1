"""The command line does what the API does, for as many tasks as there are."""

import io
from typing import Any

import pytest
from celery import states
from django.core.management import CommandError, call_command

from django_celery_results.management import bulk_command
from django_celery_results.models import Operation, TaskResult
from tests.tasks import add, sleep
from tests.workers import Worker

from .conftest import publishing_to, until
from .records import QUEUE, failed_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def broker() -> Any:
    with publishing_to("memory://commands"):
        yield


def run(*arguments: str) -> str:
    printed = io.StringIO()
    call_command(*arguments, stdout=printed)
    return printed.getvalue()


@pytest.mark.usefixtures("broker")
def test_all_failed_tasks_are_sent_again_in_small_requests(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_command, "_PER_REQUEST", 2)
    for number in range(5):
        failed_task(f"failed-{number}")
    TaskResult.objects.create(task_id="bare", status=states.REVOKED, queue=QUEUE)
    TaskResult.objects.create(task_id="fine", status=states.SUCCESS, queue=QUEUE)
    printed = run("retry_tasks", "--queue", QUEUE, "--yes", "--reason", "deployed")
    assert "5 done, 1 skipped." in printed
    assert "1 skipped: ARGUMENTS_UNAVAILABLE" in printed
    assert len(sent) == 5
    assert set(Operation.objects.values_list("reason", flat=True)) == {"deployed"}


@pytest.mark.usefixtures("broker")
def test_it_asks_before_it_acts(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    failed_task()
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "n")
    with pytest.raises(CommandError, match="Nothing was done"):
        run("retry_tasks", "--state", "FAILURE")
    assert asked == ["Retry 1 tasks? [y/N] "]
    assert sent == []


def test_a_dry_run_only_counts(sent: list[str]) -> None:
    failed_task()
    assert "1 tasks match." in run("retry_tasks", "--filter", '{"state": {"eq": "FAILURE"}}', "--dry-run")
    assert sent == []


@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ('{"taskName": {"startsWith": "tests.tasks."}}', 1),
        ('{"or": [{"taskId": {"in": ["failed", "x"]}}, {"not": {"isReady": true}}]}', 1),
        ('{"dateCreated": {"withinLast": "PT1H"}, "state": {"in": ["FAILURE"]}}', 1),
        ('{"dateCreated": {"lt": "2020-01-01T00:00:00Z"}}', 0),
        ('{"priority": {"gte": 3}}', 0),
    ],
)
def test_filters_are_written_as_in_the_api(text: str, matches: int) -> None:
    failed_task()
    assert f"{matches} tasks match." in run("retry_tasks", "--filter", text, "--dry-run")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Say which tasks"),
        (("--filter", "nonsense"), "no JSON"),
        (("--filter", '{"name": {"eq": "x"}}'), "has no 'name'"),
        (("--filter", '{"taskName": {"like": "x"}}'), "has no 'like'"),
        (("--filter", '{"state": {"eq": "BROKEN"}}'), "one of PENDING"),
        (("--filter", '{"dateDone": {"lt": "yesterday"}}'), "no datetime"),
        (("--filter", '{"dateDone": {"lt": "2020-01-01T00:00:00"}}'), "offset"),
        (("--filter", '{"taskName": {"regex": "x"}}'), "Regular expressions"),
        (("--filter", '{"and": {}}'), "is a list"),
        (("--state", "FAILURE", "--expect", "7"), "look at the selection again"),
        (("--state", "FAILURE", "--rate", "0"), "tasks per second"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_line(arguments: tuple[str, ...], says: str, sent: list[str]) -> None:
    failed_task()
    with pytest.raises(CommandError, match=says):
        run("retry_tasks", *arguments, "--yes")
    assert sent == []


@pytest.mark.parametrize("worker", ["redis"], indirect=True)
@pytest.mark.django_db(transaction=True)
def test_running_tasks_are_terminated(worker: Worker) -> None:
    running = sleep.apply_async((60,), queue=worker.queue)
    until(running.id, states.STARTED)
    waiting = add.apply_async((1, 2), queue=worker.queue, countdown=60)
    TaskResult.objects.get_or_create(task_id=waiting.id, defaults={"task_name": add.name})
    printed = run("revoke_tasks", "--id", running.id, "--id", waiting.id, "--terminate", "--yes")
    assert "2 done, 0 skipped." in printed
    until(running.id, states.REVOKED)
    until(waiting.id, states.REVOKED)
