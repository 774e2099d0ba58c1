"""The commands `retry_tasks` and `revoke_tasks`: selection, confirmation, pace, and continuing by a key."""

import io
import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from celery import states
from django.core.management import CommandError, call_command

from django_celery_results.exceptions import InvalidInput
from django_celery_results.management import bulk_command, filter_text
from django_celery_results.models import Operation, TaskMessage, TaskResult
from django_celery_results.query import global_ids
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.json_filters import JSONFilter
from django_celery_results.query.json_values import JSONKind
from django_celery_results.query.operators import DateTimeFilter
from tests.celery_app import app
from tests.factories import QUEUE, create_failed_task, create_failed_tasks, create_task
from tests.isolation import new_queue
from tests.tasks import add, sleep
from tests.workers import Worker, child_environment, over_redis, publishing_to, wait_for_state

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run a command; return what it printed."""
    stdout = io.StringIO()
    call_command(*arguments, stdout=stdout)
    return stdout.getvalue()


def test_retry_tasks_sends_all_matches_in_several_requests(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_command, "_PER_REQUEST", 2)
    create_failed_tasks(5)
    create_task("bare", states.REVOKED, queue=QUEUE)
    create_task("fine", states.SUCCESS, queue=QUEUE)
    printed = run("retry_tasks", "--queue", QUEUE, "--yes", "--reason", "deployed")
    assert "5 done, 1 skipped." in printed
    assert "1 skipped: ARGUMENTS_UNAVAILABLE" in printed
    assert len(sent) == 5
    assert set(Operation.objects.values_list("reason", flat=True)) == {"deployed"}


def test_command_does_nothing_unless_confirmed(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    create_failed_task()
    questions: list[str] = []
    monkeypatch.setattr("builtins.input", lambda question: questions.append(question) or "n")
    with pytest.raises(CommandError):
        run("retry_tasks", "--state", "FAILURE")
    assert sent == []
    monkeypatch.setattr("builtins.input", lambda question: questions.append(question) or "y")
    run("retry_tasks", "--state", "FAILURE")
    assert len(sent) == 1
    assert ["1 task" in question for question in questions] == [True, True]


def test_command_without_a_terminal_names_the_option_that_confirms(
    sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    create_failed_task()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="--yes"):
        run("retry_tasks", "--state", "FAILURE")
    assert sent == []


def test_dry_run_counts_and_sends_nothing(sent: list[str]) -> None:
    create_failed_task()
    assert "1 tasks match." in run("retry_tasks", "--filter", '{"state": {"eq": "FAILURE"}}', "--dry-run")
    assert sent == []


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
def test_filter_option_takes_the_json_of_the_api(text: str, matches: int) -> None:
    create_failed_task()
    assert f"{matches} tasks match." in run("retry_tasks", "--filter", text, "--dry-run")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P1W", timedelta(weeks=1)),
        ("P7D", timedelta(days=7)),
        ("PT1H30M", timedelta(minutes=90)),
        ("P1DT0.25S", timedelta(days=1, seconds=0.25)),
    ],
)
def test_filter_option_takes_the_durations_of_the_api(text: str, span: timedelta) -> None:
    parsed = filter_text.parsed(json.dumps({"dateDone": {"withinLast": text}}))
    assert parsed == TaskResultFilter(date_done=DateTimeFilter(within_last=span))


@pytest.mark.parametrize("text", ["1 day", "01:00:00", "-P1D", "P1M", "P", "5"])
def test_filter_option_refuses_durations_that_the_api_refuses(text: str) -> None:
    with pytest.raises(CommandError, match=r"filter\.dateDone\.withinLast is no timedelta"):
        filter_text.parsed(json.dumps({"dateDone": {"withinLast": text}}))


@pytest.mark.parametrize("text", ["2026-01-31", "2026-01-31T12:00:00", "2026-01-31 12:00", "2026-13-01T00:00:00Z"])
def test_filter_option_refuses_times_that_the_api_refuses(text: str) -> None:
    with pytest.raises(CommandError, match="offset"):
        filter_text.parsed(json.dumps({"dateDone": {"lt": text}}))


def test_filter_option_takes_the_global_ids_of_the_api() -> None:
    create_failed_task("other")
    id_ = global_ids.encode("TaskResult", create_failed_task().pk)
    text = json.dumps({"id": {"in": [id_]}})
    assert "1 tasks match." in run("retry_tasks", "--filter", text, "--dry-run")


@pytest.mark.parametrize("value", ["b", 1, True])
def test_json_filter_takes_values_of_every_type(value: Any) -> None:
    text = json.dumps({"resultJson": {"path": ["a"], "eq": value}})
    assert filter_text.parsed(text) == TaskResultFilter(result_json=JSONFilter(path=("a",), eq=value))


def test_filter_that_the_database_cannot_answer_is_a_command_error(monkeypatch: pytest.MonkeyPatch) -> None:
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
        (("--filter", '{"dateDone": {"lt": "yesterday"}}'), "no datetime: .* such as 2026-"),
        (("--filter", '{"dateDone": {"withinLast": "an hour"}}'), "such as PT90S"),
        (("--filter", '{"id": {"eq": "x"}}'), "filter.id.eq: This is no global id"),
        (("--filter", '{"dateDone": {"lt": "2020-01-01T00:00:00"}}'), "offset"),
        (("--filter", '{"taskName": {"regex": "x"}}'), "Regular expressions"),
        (("--filter", '{"and": {}}'), "filter.and must be a list"),
        (("--filter", '{"taskName": "x"}'), "filter.taskName must be an object"),
        (("--filter", '{"resultJson": {"eq": 1}}'), "needs 'path'"),
        (("--state", "FAILURE", "--expect", "7"), "look at the selection again"),
        (("--state", "FAILURE", "--rate", "0"), "tasks per second"),
    ],
)
def test_invalid_options_are_a_command_error(arguments: tuple[str, ...], says: str, sent: list[str]) -> None:
    create_failed_task()
    with pytest.raises(CommandError, match=says):
        run("retry_tasks", *arguments, "--yes")
    assert sent == []


@over_redis
def test_revoke_tasks_terminates_a_running_task_and_revokes_a_delayed_one(worker: Worker) -> None:
    running = sleep.apply_async((300,), queue=worker.queue)
    wait_for_state(running.id, states.STARTED)
    delayed = add.apply_async((1, 2), queue=worker.queue, countdown=3_600)
    create_task(delayed.id, states.PENDING, task_name=add.name)
    printed = run("revoke_tasks", "--id", running.id, "--id", delayed.id, "--terminate", "--wait", "30", "--yes")
    assert "2 done, 0 skipped." in printed
    wait_for_state(running.id, states.REVOKED)
    wait_for_state(delayed.id, states.REVOKED)


class Terminal(io.StringIO):
    """Standard output that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Stands in for the module `time`: only `sleep` lets time pass."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


@pytest.mark.once
def test_rate_option_paces_requests_and_draws_progress(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(bulk_command, "time", clock)
    create_failed_tasks(5)
    terminal = Terminal()
    call_command("retry_tasks", "--queue", QUEUE, "--yes", "--rate", "2", stdout=terminal)
    assert len(sent) == 5
    assert clock.sleeps == [1.0, 1.0]  # after each request of two tasks, and not after the last one
    bars = [line for line in terminal.getvalue().split("\r") if line.startswith("[")]
    assert [bar.splitlines()[0][-5:].strip(" ]") for bar in bars] == ["40%", "80%", "100%"]


def test_key_option_continues_an_interrupted_command(sent: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_command, "_PER_REQUEST", 2)
    create_failed_tasks(5)
    with monkeypatch.context() as patch:
        patch.setattr(bulk_command.progress, "draw", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            run("retry_tasks", "--queue", QUEUE, "--yes", "--key", "k")
    assert len(sent) == 2
    assert "5 done, 0 skipped." in run("retry_tasks", "--queue", QUEUE, "--yes", "--key", "k")
    assert len(set(sent)) == len(sent) == 5


@pytest.mark.heavy
@pytest.mark.django_db(transaction=True)
def test_memory_of_retry_tasks_does_not_grow_with_the_number_of_tasks(redis: str) -> None:
    """Messages of 2 kB: all of them together would be more than 20 MB."""
    queue = new_queue()
    create_failed_task("failed", "x" * 2_000, options={"delivery": {"exchange": "", "routing_key": queue}})
    with publishing_to(redis):
        few = measure_peak_memory(redis, 100)
        many = measure_peak_memory(redis, 10_000)
    with publishing_to(redis), app.connection_for_write() as broker:
        assert broker.default_channel.queue_purge(queue) == 10_101
    assert TaskResult.objects.filter(retried_from__isnull=False).count() == 10_101
    assert many < few + 8_000, f"{few} kB, {many} kB"


def measure_peak_memory(broker: str, count: int) -> int:
    """Retry so many more tasks by the command in a process of its own; return its peak memory in kB."""
    record, start = TaskMessage.objects.get(task_id="failed"), TaskResult.objects.count()
    ids = [f"failed-{number}" for number in range(start, start + count)]
    TaskResult.objects.bulk_create(
        TaskResult(task_id=task_id, task_name=record.task_name, status=states.FAILURE) for task_id in ids
    )
    columns = {name: getattr(record, name) for name in ("task_name", "serializer", "body", "options")}
    TaskMessage.objects.bulk_create(TaskMessage(task_id=task_id, **columns) for task_id in ids)
    command = [sys.executable, "-c", REPORT_PEAK_MEMORY, "retry_tasks", "--state", "FAILURE", "--yes"]
    environment = child_environment(broker, results={"CELERY_APP": "tests.celery_app:app"})
    printed = subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True, text=True)
    return int(printed.stdout.split()[-2])


REPORT_PEAK_MEMORY = """
import sys
from pathlib import Path
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")))
"""
"""Run a command and print its peak memory. `ru_maxrss` would count the process that started it, too."""
