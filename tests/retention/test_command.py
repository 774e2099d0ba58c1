"""The command `prune_task_results` as an operator types it."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from django_celery_results.models import Chord, TaskResult
from tests.celery_app import app
from tests.retention.conftest import Make

pytestmark = pytest.mark.django_db


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def run(*arguments: str, stdout: StringIO | None = None) -> str:
    stdout = stdout or StringIO()
    call_command("prune_task_results", *arguments, stdout=stdout)
    return stdout.getvalue()


def left() -> set[str]:
    return set(TaskResult.objects.values_list("task_id", flat=True))


def test_without_arguments_the_settings_decide(make_task: Make) -> None:
    make_task("old", days=2)
    make_task("young")
    assert "Deleted 1 task results" in run()
    assert left() == {"young"}


def test_an_age_a_state_and_a_name_narrow_it(make_task: Make) -> None:
    make_task("wanted", "FAILURE", days=8, task_name="a")
    make_task("young", "FAILURE", days=6, task_name="a")
    make_task("other state", "SUCCESS", days=8, task_name="a")
    make_task("other task", "FAILURE", days=8, task_name="b")

    run("--older-than", "1w", "--state", "FAILURE", "--state", "REVOKED", "--task", "a")

    assert left() == {"young", "other state", "other task"}


def test_unfinished_rows_go_only_where_their_state_is_named(make_task: Make) -> None:
    make_task("stuck", "STARTED", days=8)
    run("--older-than", "7d")
    assert left() == {"stuck"}
    run("--older-than", "7d", "--state", "STARTED")
    assert left() == set()


def test_a_dry_run_deletes_nothing(make_task: Make) -> None:
    make_task("old", days=2)
    assert "Would delete 1 task results" in run("--dry-run")
    assert left() == {"old"}


def test_a_terminal_is_shown_a_bar(make_task: Make) -> None:
    for number in range(5):
        make_task(f"task {number}", days=2 + number)
    shown = run("--batch-size", "2", stdout=Terminal())
    assert "[################........................]" in shown
    assert "] 100%\n" in shown
    assert "\r" not in run("--older-than", "1d")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--older-than", "soon"), "write 90s, 15m, 12h, 30d or 4w"),
        (("--older-than", "0"), "no age above zero"),
        (("--batch-size", "0"), "give 1 to 100000"),
    ],
)
def test_nonsense_is_refused_with_what_to_write(arguments: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(*arguments)


def test_it_says_so_where_nothing_expires(make_task: Make, settings: Any) -> None:
    make_task("ancient", days=4_000)
    expires, app.conf.result_expires = app.conf.result_expires, None
    try:
        with pytest.raises(CommandError, match="Say --older-than"):
            run()
        settings.DJANGO_CELERY_RESULTS = {"RETENTION": {"SUCCESS": 60}}
        run()
    finally:
        app.conf.result_expires = expires
    assert left() == set()


def test_a_name_alone_expires_nothing_either(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DJANGO_CELERY_RESULTS = {"OPERATION_RETENTION": 60}
    monkeypatch.setitem(app.conf, "result_expires", None)
    run()  # it has operations to delete
    with pytest.raises(CommandError, match="Say --older-than"):
        run("--task", "a")


def test_an_age_for_results_lets_chords_wait_as_long_as_celery_says(
    make_chord: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.conf, "result_chord_expires", 0)
    make_chord("slow", "open", days=100)
    make_chord("done", "done", days=100)
    assert "1 chords" in run("--older-than", "7d")
    assert Chord.objects.get().group_id == "slow"


def test_an_age_from_before_the_calendar_deletes_nothing(make_task: Make) -> None:
    make_task("old", days=4_000)
    assert "Deleted 0 task results" in run("--older-than", "1000000w")
