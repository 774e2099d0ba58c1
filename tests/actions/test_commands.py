"""The command line does what the API does, for as many tasks as there are."""

import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from celery import states
from django.core.management import CommandError, call_command

from django_celery_results.exceptions import InvalidInput
from django_celery_results.management import bulk_command, filter_text
from django_celery_results.models import Operation, TaskMessage, TaskResult
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.json_filters import JSONFilter
from django_celery_results.query.json_values import JSONKind
from tests.celery_app import app
from tests.factories import QUEUE, create_failed_task
from tests.isolation import new_queue
from tests.tasks import add, sleep
from tests.workers import Worker, child_environment, publishing_to, wait_for_state

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
        create_failed_task(f"failed-{number}")
    TaskResult.objects.create(task_id="bare", status=states.REVOKED, queue=QUEUE)
    TaskResult.objects.create(task_id="fine", status=states.SUCCESS, queue=QUEUE)
    printed = run("retry_tasks", "--queue", QUEUE, "--yes", "--reason", "deployed")
    assert "5 done, 1 skipped." in printed
    assert "1 skipped: ARGUMENTS_UNAVAILABLE" in printed
    assert len(sent) == 5
    assert set(Operation.objects.values_list("reason", flat=True)) == {"deployed"}


@pytest.mark.usefixtures("broker")
def test_it_asks_before_it_acts(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    create_failed_task()
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "n")
    with pytest.raises(CommandError, match="Nothing was done"):
        run("retry_tasks", "--state", "FAILURE")
    assert asked == ["Retry 1 tasks? [y/N] "]
    assert sent == []


@pytest.mark.usefixtures("broker")
def test_where_there_is_nobody_to_ask_it_says_what_to_write(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    create_failed_task()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="--yes"):
        run("retry_tasks", "--state", "FAILURE")
    assert sent == []


def test_a_dry_run_only_counts(sent: list[str]) -> None:
    create_failed_task()
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
    create_failed_task()
    assert f"{matches} tasks match." in run("retry_tasks", "--filter", text, "--dry-run")


@pytest.mark.parametrize("value", ["b", 1, True])
def test_a_value_inside_of_json_may_be_any(value: Any) -> None:
    text = json.dumps({"resultJson": {"path": ["a"], "eq": value}})
    assert filter_text.parsed(text) == TaskResultFilter(result_json=JSONFilter(path=("a",), eq=value))


@pytest.mark.usefixtures("broker")
def test_what_the_database_cannot_answer_is_one_clear_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise InvalidInput("Not on this database.")

    create_failed_task()
    monkeypatch.setattr(JSONKind, "_guarded", refuse)
    with pytest.raises(CommandError, match=r"Not on this database|PostgreSQL before 16"):
        run("retry_tasks", "--filter", '{"resultJson": {"path": ["a"], "isNull": true}}', "--dry-run")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Say which tasks"),
        (("--filter", "nonsense"), "no JSON"),
        (("--filter", '{"name": {"eq": "x"}}'), "has no 'name'"),
        (("--filter", '{"taskName": {"like": "x"}}'), "has no 'like'"),
        (("--filter", '{"state": {"eq": "BROKEN"}}'), "one of PENDING"),
        (("--filter", '{"dateDone": {"lt": "yesterday"}}'), 'no datetime, such as "2026-'),
        (("--filter", '{"dateDone": {"withinLast": "an hour"}}'), 'such as "PT1H"'),
        (("--filter", '{"dateDone": {"lt": "2020-01-01T00:00:00"}}'), "offset"),
        (("--filter", '{"taskName": {"regex": "x"}}'), "Regular expressions"),
        (("--filter", '{"and": {}}'), "filter.and must be a list"),
        (("--filter", '{"taskName": "x"}'), "filter.taskName must be an object"),
        (("--filter", '{"resultJson": {"eq": 1}}'), "needs 'path'"),
        (("--state", "FAILURE", "--expect", "7"), "look at the selection again"),
        (("--state", "FAILURE", "--rate", "0"), "tasks per second"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_line(arguments: tuple[str, ...], says: str, sent: list[str]) -> None:
    create_failed_task()
    with pytest.raises(CommandError, match=says):
        run("retry_tasks", *arguments, "--yes")
    assert sent == []


@pytest.mark.parametrize("worker", ["redis"], indirect=True)
@pytest.mark.django_db(transaction=True)
def test_running_tasks_are_terminated(worker: Worker) -> None:
    running = sleep.apply_async((60,), queue=worker.queue)
    wait_for_state(running.id, states.STARTED)
    waiting = add.apply_async((1, 2), queue=worker.queue, countdown=3_600)
    TaskResult.objects.get_or_create(task_id=waiting.id, defaults={"task_name": add.name})
    printed = run("revoke_tasks", "--id", running.id, "--id", waiting.id, "--terminate", "--yes")
    assert "2 done, 0 skipped." in printed
    wait_for_state(running.id, states.REVOKED)
    wait_for_state(waiting.id, states.REVOKED)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.once
@pytest.mark.usefixtures("broker")
def test_it_keeps_a_pace_and_draws_how_far_it_is(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(bulk_command.time, "sleep", slept.append)
    for number in range(5):
        create_failed_task(f"failed-{number}")
    terminal = Terminal()
    call_command("retry_tasks", "--queue", QUEUE, "--yes", "--rate", "2", stdout=terminal)
    assert len(sent) == 5
    assert 0.2 < sum(slept) <= 2.0  # two requests of two tasks, a second each
    bars = [line for line in terminal.getvalue().split("\r") if line.startswith("[")]
    assert [bar[-5:].strip(" ]\n") for bar in (line.splitlines()[0] for line in bars)] == ["40%", "80%", "100%"]


@pytest.mark.usefixtures("broker")
def test_an_interrupted_command_is_carried_on_by_its_key(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_command, "_PER_REQUEST", 2)
    for number in range(5):
        create_failed_task(f"failed-{number}")
    with monkeypatch.context() as patch:
        patch.setattr(bulk_command.progress, "draw", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            run("retry_tasks", "--queue", QUEUE, "--yes", "--key", "k")
    assert len(sent) == 2
    assert "5 done, 0 skipped." in run("retry_tasks", "--queue", QUEUE, "--yes", "--key", "k")
    assert len(set(sent)) == len(sent) == 5


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_tasks_take_no_more_memory_than_a_hundred(redis: str) -> None:
    """Messages of 2 kB: all of them together would be more than 20 MB."""
    queue = new_queue()
    create_failed_task("failed", "x" * 2_000, options={"delivery": {"exchange": "", "routing_key": queue}})
    with publishing_to(redis):
        few = _peak_of_a_command(redis, queue, 100)
        many = _peak_of_a_command(redis, queue, 10_000)
    with publishing_to(redis), app.connection_for_write() as broker:
        assert broker.default_channel.queue_purge(queue) == 10_101
    assert TaskResult.objects.filter(retried_from__isnull=False).count() == 10_101
    assert many < few + 8_000, f"{few} kB, {many} kB"


def _peak_of_a_command(broker: str, queue: str, count: int) -> int:
    """The most memory, in kB, that the command's process had while it sent so many tasks more."""
    record, start = TaskMessage.objects.get(task_id="failed"), TaskResult.objects.count()
    ids = [f"failed-{number}" for number in range(start, start + count)]
    TaskResult.objects.bulk_create(
        TaskResult(task_id=task_id, task_name=record.task_name, status=states.FAILURE, queue="from here")
        for task_id in ids
    )
    columns = {name: getattr(record, name) for name in ("task_name", "serializer", "body", "options")}
    TaskMessage.objects.bulk_create(TaskMessage(task_id=task_id, **columns) for task_id in ids)
    command = [sys.executable, "-m", "django", "retry_tasks", "--state", "FAILURE", "--yes"]
    environment = child_environment(broker, results={"CELERY_APP": "tests.celery_app:app"})
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss
