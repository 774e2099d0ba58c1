"""Filters, searches and orders tell nothing that redaction hides, whatever is stored."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_celery_results import codec
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query import failures, values
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.operators import StringFilter
from django_celery_results.query.tasks import selected
from tests.random_examples import random_examples
from tests.secret_tasks import login
from tests.tasks import echo

pytestmark = pytest.mark.django_db

NAMES = [
    "pwd", "PASS", "dbPass", "auth", "otp", "passwd", "api_key", "ApiKey", "signature", "accessKey", "jwt", "cvv2",
    "author", "compass", "auth_user", "pass_rate", "name", "value", "header", "task", "args", "PWD", "subtask_type",
]  # fmt: skip
FRAGMENTS = [
    *NAMES, "=", ":", ": ", ",", ", ", " ", "\n", "\n  ", "\t", "\\", "\\n", "\\u0070", "\\x70", "\\160", '"', "'",
    "''", "' '", "[", "]", "{", "}", "(", ")", "|", ">", "<", "/", "_", "-", "--", "-u", "--user", "me:hunter2", "@", "://",
    ":\\/\\/", "%3D", "%22", "&quot;", "Basic ", "basic\n", "YWRhOmxvdmVsYWNl", "Bearer ", "0123456789abcdef",
    "eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiJhZGEifQ", ".c2ln", "-----BEGIN PRIVATE KEY-----", "base64", "a", "s", "Z", "é",
    "\u200b", "\N{KELVIN SIGN}", "\x0b", "\x1f", "hunter2",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20
)
SCALAR = TEXT | st.integers() | st.none() | st.booleans()
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | TEXT, inner, max_size=3),
    max_leaves=8,
)


def with_escapes(text: str, random: Any) -> str:
    """Return JSON in which some letters are written as escapes, which no encoder does, but any may."""
    return "".join(f"\\u{ord(each):04x}" if each.isalpha() and not random.randrange(9) else each for each in text)


@st.composite
def stored_texts(draw: st.DrawFn) -> str:
    """Draw the text of a column: JSON in any style, JSON around a repr, a repr, or no JSON at all."""
    kind = draw(st.sampled_from(["json", "ascii", "indented", "escaped", "repr in json", "repr", "cut", "text"]))
    value = draw(VALUE)
    dumped = json.dumps(value, ensure_ascii=kind == "ascii", indent=3 if kind == "indented" else None)
    match kind:
        case "escaped":
            return with_escapes(dumped, draw(st.randoms(use_true_random=False)))
        case "repr in json":
            return json.dumps(repr(value))
        case "repr":
            return repr(value)
        case "cut":
            return dumped[: draw(st.integers(0, len(dumped)))]
        case "text":
            return draw(TEXT)
        case _:
            return dumped


def is_shown_whole(row: TaskResult, column: str) -> bool:
    """Return whether a viewer sees a column as it is stored."""
    if column == "traceback":
        error = failures.error(SYSTEM, row)
        return error is not None and (error.traceback or "") == codec.clean(row.traceback or "")
    value = {"result": values.result, "task_args": values.args, "task_kwargs": values.kwargs}[column](SYSTEM, row)
    text = described(getattr(row, column)) if column.startswith("task_") else getattr(row, column)
    return value is None or (not value.is_redacted and value.text(values.MAX_TEXT) == codec.clean(text))


def described(text: str) -> str:
    """Return the representation of arguments around which a text is JSON, if it is."""
    value = codec.peek(text).value
    return value if isinstance(value, str) else text


@random_examples(150)
@given(st.lists(stored_texts(), min_size=10, max_size=10))
def test_filter_matches_only_what_is_shown_whole(texts: list[str]) -> None:
    TaskResult.objects.all().delete()
    columns = ("result", "traceback", "task_args", "task_kwargs")
    rows = [
        TaskResult(
            task_id=f"{number} {task.name}", task_name=task.name, status="FAILURE", content_type="application/json",
            content_encoding="utf-8", **dict.fromkeys(columns, text),
        )
        for number, text in enumerate(texts)
        for task in (echo, login)
    ]  # fmt: skip
    TaskResult.objects.bulk_create(rows)
    for column in columns:
        anything: Any = StringFilter(not_in=("no such text",))
        where = TaskResultFilter(**{column.removeprefix("task_"): anything})
        found = {row.task_id for row in selected(SYSTEM, where)}
        hidden = [row for row in rows if not is_shown_whole(row, column)]
        assert [getattr(row, column) for row in hidden if row.task_id in found] == []


SECRETS = ["hunter2", "hunter3", "sesame", "0451"]
TEMPLATES = [
    '{"user": "ada", "pwd": "%s"}', '{"otp": %s}', "{'auth': ('ada', '%s')}", '["curl", "-u", "ada:%s"]',
    "tool --password %s run", "password: |\n  %s\nuser: ada\n", "PWD=%s;", "postgres://ada:%s@db/shop",
    "Bearer 0123456789abcdef%s", "-----BEGIN PRIVATE KEY-----\n%s", '{"name": "jwt", "value": "%s"}', '{"note": "%s"}',
    '"(\'ada\', \'%s\')"', "('ada', '%s'", '["ada", "%s"]', '{"author": "%s"}',
]  # fmt: skip
OPERATORS = ("eq", "ne", "contains", "starts_with", "ends_with", "i_eq", "i_contains", "i_starts_with", "i_ends_with")


@random_examples(150)
@given(st.data(), st.sampled_from(TEMPLATES), st.sampled_from([echo.name, login.name, "proj.gone", None]))
def test_rows_that_look_alike_match_the_same_filters(data: st.DataObject, template: str, task_name: str | None) -> None:
    TaskResult.objects.all().delete()
    texts = [template % secret for secret in SECRETS]
    column = data.draw(st.sampled_from(["result", "traceback", "task_args", "task_kwargs"]))
    rows = [
        TaskResult(
            task_id=secret, task_name=task_name, status="FAILURE", content_type="application/json",
            content_encoding="utf-8", **{column: text},
        )
        for secret, text in zip(SECRETS, texts, strict=True)
    ]  # fmt: skip
    TaskResult.objects.bulk_create(rows)
    if all(is_shown_whole(row, column) for row in rows) and not (column == "task_args" and task_name != echo.name):
        return
    text = data.draw(st.sampled_from(texts))
    guess = text[(start := data.draw(st.integers(0, len(text) - 1))) : data.draw(st.integers(start + 1, len(text)))]
    field = column.removeprefix("task_")
    compared: Any = StringFilter(**{data.draw(st.sampled_from(OPERATORS)): guess})
    word = guess.replace('"', "").strip() or "x"
    for where in (TaskResultFilter(**{field: compared}), TaskResultFilter(search=f'{field}:"{word}"')):
        for asked in (where, TaskResultFilter(not_=where)):
            assert selected(SYSTEM, asked).count() in (0, len(rows))
