"""The command `prune_task_results`: its options, its output, and which options it rejects."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_celery_results.models import Chord, TaskResult
from tests.celery_app import app
from tests.factories import create_chord, create_task, days_ago

pytestmark = pytest.mark.django_db


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def run_command(*arguments: str, stdout: StringIO | None = None) -> str:
    stdout = stdout or StringIO()
    call_command("prune_task_results", *arguments, stdout=stdout)
    return stdout.getvalue()


def remaining_ids() -> set[str]:
    return set(TaskResult.objects.values_list("task_id", flat=True))


def test_command_without_options_applies_result_expires() -> None:
    create_task("old", date_done=days_ago(2))
    create_task("young")
    assert "Deleted 1 task results" in run_command()
    assert remaining_ids() == {"young"}


def test_options_restrict_the_command_to_an_age_states_and_a_task_name() -> None:
    create_task("wanted", "FAILURE", date_done=days_ago(8), task_name="a")
    create_task("young", "FAILURE", date_done=days_ago(6), task_name="a")
    create_task("other state", "SUCCESS", date_done=days_ago(8), task_name="a")
    create_task("other task", "FAILURE", date_done=days_ago(8), task_name="b")

    run_command("--older-than", "1w", "--state", "FAILURE", "--state", "REVOKED", "--task", "a")

    assert remaining_ids() == {"young", "other state", "other task"}


def test_command_deletes_unfinished_tasks_only_if_their_state_is_named() -> None:
    create_task("stuck", "STARTED", date_done=days_ago(8))
    run_command("--older-than", "7d")
    assert remaining_ids() == {"stuck"}
    run_command("--older-than", "7d", "--state", "STARTED")
    assert remaining_ids() == set()


def test_dry_run_reports_the_count_and_deletes_nothing() -> None:
    create_task("old", date_done=days_ago(2))
    assert "Would delete 1 task results" in run_command("--dry-run")
    assert remaining_ids() == {"old"}


def test_command_prints_a_progress_bar_to_a_terminal_only() -> None:
    for number in range(5):
        create_task(f"task {number}", date_done=days_ago(2 + number))
    output = run_command("--batch-size", "2", stdout=Terminal())
    assert "[################........................]" in output
    assert "] 100%\n" in output
    assert "\r" not in run_command("--older-than", "1d")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--older-than", "soon"), "write 90s, 15m, 12h, 30d or 4w"),
        (("--older-than", "0"), "no age above zero"),
        (("--batch-size", "0"), "give 1 to 100000"),
    ],
)
def test_invalid_options_are_rejected_with_a_hint(arguments: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run_command(*arguments)


def test_command_requires_older_than_if_results_never_expire(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    create_task("ancient", date_done=days_ago(4_000))
    monkeypatch.setitem(app.conf, "result_expires", None)
    with pytest.raises(CommandError, match="Say --older-than"):
        run_command()
    assert remaining_ids() == {"ancient"}
    settings.DJANGO_CELERY_RESULTS = {"RETENTION": {"SUCCESS": 60}}
    run_command()
    assert remaining_ids() == set()


def test_task_option_requires_older_than_if_only_operations_expire(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"OPERATION_RETENTION": 60}
    monkeypatch.setitem(app.conf, "result_expires", None)
    run_command()  # operations expire, so that there is something to do
    with pytest.raises(CommandError, match="Say --older-than"):
        run_command("--task", "a")


def test_older_than_keeps_open_chords_if_result_chord_expires_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf, "result_chord_expires", 0)
    create_chord("slow", "open", date_created=days_ago(100))
    create_chord("done", "done", date_created=days_ago(100))
    assert "1 chords" in run_command("--older-than", "7d")
    assert Chord.objects.get().group_id == "slow"


def test_older_than_before_the_year_one_deletes_nothing() -> None:
    create_task("old", date_done=days_ago(4_000))
    assert "Deleted 0 task results" in run_command("--older-than", "1000000w")
