"""Positional arguments are hidden by the names that the task's signature gives them."""

from typing import Any

import pytest
from celery import Celery

from django_celery_results import registered_tasks
from django_celery_results.policy.redaction import HIDDEN, redact, redact_arguments
from tests.celery_app import app
from tests.secret_tasks import call, login, rename, restore, verify, wrapped
from tests.tasks import add, echo

pytestmark = pytest.mark.any_database


class Connect(app.Task):  # type: ignore[misc, name-defined]
    name = "tests.policy.connect"

    def run(self, host: str, api_key: str) -> None: ...


connect: Any = app.register_task(Connect())


@pytest.mark.parametrize(
    ("task", "args", "shown"),
    [
        (login, ["me", "hunter2"], ["me", HIDDEN]),
        (login, ["me"], ["me"]),
        (login, [], []),
        (verify, [7, 123456, 2], [7, HIDDEN, 2]),
        (restore, ["Ada", "aaaa", "bbbb"], ["Ada", HIDDEN, HIDDEN]),
        (call, ["u", ["me", "hunter2"]], ["u", HIDDEN]),
        (call, ["u", None, "tests.tasks.add(1)", "hunter2"], ["u", None, "tests.tasks.add(1)", HIDDEN]),
        (wrapped, ["me", "hunter2"], ["me", HIDDEN]),
        (connect, ["db", "hunter2"], ["db", HIDDEN]),
        (rename, ["Ada", "Grace"], ["Ada", "Grace"]),
        (echo, ["me", "hunter2"], ["me", "hunter2"]),
        (add, [1, 2], [1, 2]),
    ],
)
def test_argument_of_a_secret_parameter_is_hidden(task: Any, args: list[Any], shown: list[Any]) -> None:
    assert redact_arguments(args, task.name) == (shown, args != shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("('me', 'hunter2')", f"('me',{HIDDEN}"),
        ("('me', 'hunter2', {'x': [...", f"('me',{HIDDEN}"),
        ("['a, b', 'hunter2']", f"['a, b',{HIDDEN}"),
        ("({'a': (1, 2)}, 'hunter2', [...])", f"({{'a': (1, 2)}},{HIDDEN}"),
        ("('it\\'s', 'hunter2'...", f"('it\\'s',{HIDDEN}"),
        ("(<User: it's me>, 'hunter2')", f"({HIDDEN}"),
        ("('unclosed, hunter2", f"({HIDDEN}"),
        ("('me',)", "('me',)"),
        ("()", "()"),
        ("hunter2", HIDDEN),
        ("", HIDDEN),
    ],
)
def test_argument_is_hidden_in_text_that_cannot_be_decoded(text: str, shown: str) -> None:
    assert redact_arguments(text, login.name) == (shown, text != shown)


def test_arguments_of_unknown_tasks_and_of_none_are_shown() -> None:
    for name in ("proj.login", None):
        assert redact_arguments(["me", "hunter2"], name) == (["me", "hunter2"], False)
    assert redact_arguments({"not": "a list"}, login.name) == (HIDDEN, True)


@pytest.fixture
def lazy_app(monkeypatch: pytest.MonkeyPatch) -> Celery:
    """Make an app that has not imported its tasks yet the current one."""
    lazy = Celery("lazy", broker="memory://", set_as_current=False)
    monkeypatch.setattr(registered_tasks, "get_current_app", lambda: lazy)
    return lazy


def test_tasks_are_imported_once_before_their_parameters_are_asked_for(
    lazy_app: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports: list[Any] = []

    def import_tasks() -> None:
        imports.append(lazy_app.task(login.run, name="lazy.login", shared=False))

    monkeypatch.setattr(lazy_app.loader, "import_default_modules", import_tasks)
    assert redact_arguments(["me", "hunter2"], "lazy.login") == (["me", HIDDEN], True)
    assert redact_arguments(["me"], "lazy.unknown") == (["me"], False)
    assert len(imports) == 1


def test_arguments_are_shown_where_the_tasks_cannot_be_imported(
    lazy_app: Celery, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def import_tasks() -> None:
        raise ImportError("no module named proj")

    monkeypatch.setattr(lazy_app.loader, "import_default_modules", import_tasks)
    for _ in range(2):
        assert redact_arguments(["me"], "lazy.login") == (["me"], False)
    assert [record.name for record in caplog.records] == ["django_celery_results.registered_tasks"]


def test_settings_decide_which_parameters_are_secret(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ["author"], "REDACT_WORDS": []}
    assert redact_arguments(["Ada", "x"], restore.name) == ([HIDDEN, "x"], True)
    assert redact_arguments(["me", "hunter2"], login.name) == (["me", "hunter2"], False)


@pytest.mark.parametrize(
    "value",
    [
        dict(login.s("me", "hunter2")),
        {"kwargs": {"callback": dict(login.s("me", "hunter2"))}},
        dict(app.tasks["celery.starmap"].s(task=dict(login.s()), it=[["me", "hunter2"]])),
        dict(login.starmap([("me", "hunter2")])),
        dict(restore.map(["Ada"])) | {"kwargs": {"task": dict(login.s()), "it": [["me", "hunter2"]]}},
    ],
)  # fmt: skip
def test_arguments_within_signatures_are_hidden(value: dict[str, Any]) -> None:
    shown, is_redacted = redact(value)
    assert is_redacted
    assert "hunter2" not in repr(shown)


def test_signatures_without_secrets_are_unchanged() -> None:
    value = dict(echo.s("me", 2))
    assert redact(value) == ({**value, "args": ["me", 2]}, False)
