"""Stored values are decoded, truncated and redacted before they are shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from django_celery_results.models import TaskResult
from django_celery_results.policy import redaction
from django_celery_results.policy.access import Policy
from django_celery_results.policy.viewer import SYSTEM, Viewer
from django_celery_results.query import failures, literals, payloads, values
from django_celery_results.query.session import Session
from django_celery_results.query.tasks import TaskRef
from django_celery_results.query.values import Value
from tests.factories import create_task
from tests.policy.examples import decoded, secrets_of, text_of
from tests.policy.redaction_corpus import SECRETS

JSON = {"content_type": "application/json", "content_encoding": "utf-8"}


def result(text: str, **columns: Any) -> Value:
    value = values.result(SYSTEM, TaskResult(task_id="t", result=text, **{**JSON, **columns}))
    assert value
    return value


def args(text: str, **columns: Any) -> Value:
    value = values.args(SYSTEM, TaskResult(task_id="t", task_args=text, **{**JSON, **columns}))
    assert value
    return value


def test_json_is_decoded_and_a_path_selects_a_part() -> None:
    value = result('{"a": [{"b": 9007199254740993}]}')
    assert value.json() == {"a": [{"b": 9007199254740993}]}
    assert value.json(["a", "0", "b"]) == 9007199254740993
    assert value.json(["a", "1"]) is value.json(["a", "-1"]) is value.json(["x"]) is None
    assert (value.text(4), value.byte_length, value.is_truncated, value.is_redacted) == ('{"a"', 32, False, False)


@pytest.mark.parametrize(
    "text", ["NaN", "[Infinity]", '"\\ud800"', "[" * 200 + "]" * 200, "1" * 5000, "{", "[" * 100_000]
)
def test_unusual_json_can_be_encoded_again(text: str) -> None:
    value = result(text)
    json.dumps(value.json(), allow_nan=False).encode()
    json.dumps({"text": value.text(1000)}, ensure_ascii=False).encode()


def test_pickle_is_not_decoded() -> None:
    value = result("gASVBAAAAAAAAABLAS4=", content_type="application/x-python-serialize", content_encoding="binary")
    assert value.json() is None
    assert value.text(100) == "[not shown: application/x-python-serialize]"
    assert value.byte_length == 20


@pytest.mark.parametrize(
    ("stored", "decoded", "text", "is_truncated"),
    [
        ('"[1, {\'a\': (2, b\'x\')}]"', [1, {"a": [2, "x"]}], "[1, {'a': (2, b'x')}]", False),  # by message protocol 2
        ('["y"]', ["y"], '["y"]', False),  # by an eager call
        ("(1, 2)", [1, 2], "(1, 2)", False),  # by releases before 2.0
        ('"[<User: 1>]"', None, "[<User: 1>]", False),
        ('"[1, [2, [3, [...]]]]"', None, "[1, [2, [3, [...]]]]", True),
        ('"[__import__(\'os\').getpid()]"', None, "[__import__('os').getpid()]", False),
        (json.dumps("['" + "x" * 1010 + "...']"), None, "['" + "x" * 1010 + "...']", True),
    ],
)  # fmt: skip
def test_arguments_of_every_celery_version_are_decoded(
    stored: str, decoded: Any, text: str, is_truncated: bool
) -> None:
    value = args(stored)
    assert (value.json(), value.text(4000), value.is_truncated) == (decoded, text, is_truncated)


@pytest.mark.parametrize("text", ["{'pass' 'word': 1}", "{'pass''word': 1}", "['pass' r'word']", "['pass\\\nword']"])
def test_string_in_pieces_is_not_decoded(text: str) -> None:
    assert args(text).json() is None
    assert args(text).text(100) == text


@pytest.mark.parametrize("text", ["['', '']", "[u'', u'x', '']", "{'': ''}", '["it\'s", ""]', "[b'', 'é', '']"])
def test_empty_strings_are_decoded(text: str) -> None:
    assert args(text).json() is not None


@pytest.mark.parametrize(
    "text", ["(" * 5000, "[" * 9000 + "]" * 9000, "-" * 9999, "9" * 9999, "'" + "\\x00" * 100 + "'"]
)
def test_hostile_arguments_can_be_encoded(text: str) -> None:
    value = args(json.dumps(text))
    json.dumps([value.json(), value.text(100)]).encode()


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('{"user": {"Password": "hunter2"}, "n": 1}', '{"user": {"Password": "[redacted]"}, "n": 1}'),
        ('{"a": ["api-key=hunter2"]}', '{"a": ["api-key=[redacted]"]}'),
        ('{"token": "hunter2", ', '{"token": [redacted], '),
        ('{"log": "Authorization: Bearer hunter2"}', '{"log": "Authorization: [redacted]"}'),
    ],
)
def test_secrets_are_redacted_at_any_depth(stored: str, shown: str) -> None:
    value = result(stored)
    assert value.is_redacted
    assert value.text(4000) == shown
    assert "hunter2" not in json.dumps(value.json())


@pytest.mark.parametrize(
    "secret", ['{"Password": "hunter2"}', '{"p\\u0061ssword": "hunter2"}', '"amqp:\\/\\/u:hunter2@h"']
)
def test_secrets_are_redacted_in_large_values(secret: str) -> None:
    value = result(f"[{secret}, {'0, ' * 10_000}0]")
    assert value.is_redacted
    assert "hunter2" not in value.text(100) + json.dumps(value.json())


def test_large_value_without_secrets_skips_redaction(monkeypatch: pytest.MonkeyPatch) -> None:
    value = result(f"[{'0, ' * 10_000}0]")
    monkeypatch.setattr(redaction, "redact", None)
    assert (value.json(), value.is_redacted) == ([0] * 10_001, False)


def test_half_a_surrogate_pair_that_is_not_escaped_can_be_encoded() -> None:
    value = values.decoded({"a": "\ud800"})
    json.dumps([value.json(), value.text(100)], ensure_ascii=False).encode()


def test_value_that_json_reads_as_it_is_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(literals, "plain", None)
    for text in (f"[{'0, ' * 10_000}0]", '{"a": [1.5, -2e10, true, null, "\\u00e9"]}', '"x"', "[" * 60 + "]" * 60):
        assert result(text).json() == json.loads(text)


class RedactEverything(Policy):
    """A policy that redacts every value."""

    def redact(self, value: Any, *, task_name: str | None = None) -> tuple[Any, bool]:
        return "", True


@pytest.mark.parametrize("hidden", [{"REDACT_TASKS": ["t"]}, {"POLICY": "tests.query.test_values.RedactEverything"}])
def test_setting_or_policy_redacts_a_large_value(settings: Settings, hidden: dict[str, Any]) -> None:
    settings.DJANGO_CELERY_RESULTS = hidden
    assert result(f"[{'0, ' * 10_000}0]", task_name="t").is_redacted


def test_secrets_are_redacted_in_truncated_arguments_errors_and_tracebacks() -> None:
    assert "hunter2" not in args(json.dumps("[{'secret': 'hunter2', 'x': [...")).text(4000)
    row = TaskResult(task_id="t", status="FAILURE", traceback="x\npassword = 'hunter2'\ny", **JSON)
    row.result = json.dumps({"exc_type": "E", "exc_message": ["bad token: hunter2"], "exc_module": "m"})
    error = failures.error(SYSTEM, row)
    assert error
    assert (error.type, error.module, error.message(4000)) == ("E", "m", "bad token: [redacted]")
    assert error.traceback == "x\npassword = [redacted]\ny"


@pytest.mark.parametrize("stored", ["1", '{"current": "x"}', '{"current": true}', '{"current": 1e999}', "null", "[]"])
def test_progress_in_an_unknown_shape_is_none(stored: str) -> None:
    assert failures.progress(SYSTEM, TaskResult(task_id="t", status="PROGRESS", result=stored, **JSON)) is None


@pytest.mark.django_db
def test_large_value_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "LIMIT", 100)
    create_task("t", result='"' + "é" * 200 + '"')
    row = Session(viewer=SYSTEM, columns=("result",)).find(TaskRef(task_id="t"))
    assert row
    assert "result" in row.get_deferred_fields()
    value = values.result(SYSTEM, row)
    assert value
    assert (len(value.text(4000)), value.byte_length, value.is_truncated, value.json()) == (100, 402, True, None)


def stored_value(text: str, column: str = "result", **columns: Any) -> Value:
    """The value of a row as a list loads it."""
    create_task("t", **{column: text}, **columns)
    row = Session(viewer=SYSTEM, columns=(column,)).find(TaskRef(task_id="t"))
    assert row
    value = (values.args if column == "task_args" else values.result)(SYSTEM, row)
    assert value
    return value


FILL = "x" * 100_000


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "stored", "text"),
    [
        ("result", json.dumps(["é", FILL], ensure_ascii=False), '["é", "xxx'),
        ("result", json.dumps({"token": "hunter2", "log": FILL}), '{"token": "[redacted]", "log": "xxx'),
        ("result", json.dumps([["token", "hunter2"], FILL]), '[["token", "[redacted]"], "xxx'),
        ("result", json.dumps({"key": "token", "value": "hunter2" + FILL}), '{"key": "token", "value": "[redacted]"}'),
        (
            "result",
            json.dumps({"value": "hunter2", "log": FILL, "name": "token"}),
            '{"value": "[redacted]", "log": "xxx',
        ),
        ("result", json.dumps({"values": [1], "log": FILL}), '{"values": [1], "log": "xxx'),
        ("result", "{'token': 'hunter2', 'log': '" + FILL, "{'token': [redacted], 'log': 'xxx"),
        ("result", json.dumps({"token": FILL}), "[redacted]"),
        ("task_args", json.dumps(f"('é', '{FILL}')"), "('é', 'xxx"),
        ("task_args", json.dumps(f"{{'token': 'hunter2', 'log': '{FILL}')"), "{'token': [redacted], 'log': 'xxx"),
        ("task_args", json.dumps([{"token": "hunter2"}, FILL]), '[{"token": "[redacted]"}, "xxx'),
    ],
    ids=range(11),
)
def test_preview_of_a_long_value_hides_what_the_whole_hides(column: str, stored: str, text: str) -> None:
    value = stored_value(stored, column)
    assert value.text(4000).startswith(text)
    assert "hunter2" not in value.text(4000)
    if text != "[redacted]":
        assert value.text(len(text)) == value.text(1_000_000)[: len(text)]


@pytest.mark.parametrize("example", SECRETS)
def test_preview_hides_every_secret_wherever_it_is_cut(example: str) -> None:
    text = text_of(example)
    near_the_cut = range(values.MAX_PREVIEW - len(text) - 40, values.MAX_PREVIEW, 7)
    for value in (text, *decoded(text)):
        for before in (0, *near_the_cut, payloads.HEAD - len(text)):
            shown = preview(json.dumps(["x" * before, value, FILL], default=repr))
            assert not any(secret in shown for secret in secrets_of(example))


def preview(stored: str) -> str:
    """The longest preview of a stored JSON text."""
    head = payloads.Stored(stored[: payloads.HEAD], len(stored), lambda: stored)
    return Value(stored=head, content_type="application/json", content_encoding="utf-8").text(values.MAX_PREVIEW)


@pytest.mark.django_db
def test_preview_of_long_arguments_hides_those_that_the_signature_names_a_secret() -> None:
    for stored in (json.dumps(f"('ann', 'hunter2', '{FILL}')"), json.dumps(["ann", "hunter2", FILL])):
        value = stored_value(stored, "task_args", task_name="tests.secret_tasks.login")
        assert "hunter2" not in value.text(4000)
        TaskResult.objects.all().delete()


@pytest.mark.django_db
@pytest.mark.parametrize("behind", range(1, 12))
def test_secret_at_the_end_of_a_preview_is_hidden_by_what_follows_it(behind: int) -> None:
    text = "x" * (payloads.HEAD - behind) + " amqp://user:hunter2@host/ " + FILL
    assert "hunt" not in stored_value(json.dumps(text)).text(4000)
    TaskResult.objects.all().delete()
    text = "x" * (values.MAX_PREVIEW - behind) + " amqp://user:hunter2@host/ " + FILL
    assert "hunt" not in stored_value(json.dumps(text)).text(4000)


@pytest.mark.django_db
@pytest.mark.parametrize("hidden", [{"REDACT_TASKS": ["t"]}, {"POLICY": "tests.query.test_values.RedactEverything"}])
def test_setting_or_policy_redacts_a_preview(settings: Settings, hidden: dict[str, Any]) -> None:
    settings.DJANGO_CELERY_RESULTS = hidden
    assert "xxx" not in stored_value(json.dumps([FILL]), task_name="t").text(100)


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["result", "task_args"])
@pytest.mark.parametrize("length", [100, 1_000_000])
def test_pickle_is_not_shown_however_long(column: str, length: int) -> None:
    value = stored_value("gASV" * 400_000, column, content_type="application/x-pickle", content_encoding="binary")
    assert value.text(length).startswith("[not shown: ")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("messages", "shown"),
    [
        (["x" * 100_000], "x" * 3_900),
        (["token", "hunter2" + FILL], "[redacted]"),
        (["token=hunter2 " + FILL], "[redacted]"),
        ([{"value": "hunter2" + FILL, "name": "token"}], None),
    ],
    ids=range(4),
)
def test_preview_of_a_long_message_hides_what_the_whole_hides(messages: list[Any], shown: str | None) -> None:
    create_task("t", status="FAILURE", result=json.dumps({"exc_type": "E", "exc_message": messages, "exc_module": "m"}))
    row = Session(viewer=SYSTEM, columns=("result", "traceback")).find(TaskRef(task_id="t"))
    error = failures.error(SYSTEM, row) if row else None
    assert error
    message = error.message(4000)
    assert "hunter2" not in str(message)
    assert message is None if shown is None else str(message).startswith(shown)


def test_viewer_without_permission_gets_no_value(viewer_with: Callable[..., Viewer]) -> None:
    viewer = viewer_with()
    row = TaskResult(task_id="t", result="1", task_args="1", task_kwargs="1", meta="{}", **JSON)
    readers = (values.result, values.args, values.kwargs, values.meta)
    assert [read(viewer, row) for read in readers] == [None] * 4


def test_redact_keys_setting_replaces_the_default_keys(settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ("iban",)}
    assert result('{"IBAN": "DE12", "password": "open"}').json() == {"IBAN": "[redacted]", "password": "open"}
