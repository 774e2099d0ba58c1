"""Filters never tell what redaction hides, on every database: whatever is not shown whole matches nothing."""

import json
from typing import Any

import pytest
from django.db import connection

from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.json_filters import JSONFilter
from django_celery_results.query.operators import StringFilter
from django_celery_results.query.tasks import selected
from tests.factories import create_task
from tests.policy.redaction_corpus import HARMLESS, SECRETS
from tests.secret_tasks import login, rename, restore
from tests.tasks import add, echo

pytestmark = pytest.mark.django_db

ANY: Any = StringFilter(not_in=("no such text",))
COLUMNS = {"kwargs": "task_kwargs", "result": "result", "traceback": "traceback"}
LEFT_OUT = 43
"""Harmless examples that a database takes for secrets: "the token was refreshed", "pass: 12", `PWD=/srv/app`."""


def ids(where: TaskResultFilter) -> set[str]:
    return {row.task_id for row in selected(SYSTEM, where)}


def text_of(example: str) -> str:
    return example.replace("«", "").replace("»", "")


def test_no_row_with_a_secret_matches() -> None:
    for number, example in enumerate(map(text_of, SECRETS)):
        for name, stored in (("text", example), ("json", json.dumps([example]))):
            create_task(f"{name}-{number}", task_name=echo.name, **dict.fromkeys(COLUMNS.values(), stored))
    for field in COLUMNS:
        assert ids(TaskResultFilter(**{field: ANY})) == set()
        assert len(ids(TaskResultFilter(not_=TaskResultFilter(**{field: ANY})))) == 2 * len(SECRETS)


def test_rows_without_secrets_match() -> None:
    for number, example in enumerate(HARMLESS):
        create_task(str(number), task_name=echo.name, result=example, task_args=example)
    for field in ("result", "args"):
        found = ids(TaskResultFilter(**{field: ANY}))
        assert len(HARMLESS) - len(found) == LEFT_OUT


@pytest.mark.parametrize("field", ["result_json", "meta_json"])
def test_json_filter_matches_no_row_with_a_secret(field: str) -> None:
    if connection.vendor == "postgresql" and getattr(connection, "pg_version", 0) < 160_000:
        pytest.skip("PostgreSQL before 16 refuses JSON filters")
    for number, value in enumerate(['{"a": 1, "otp": 123456}', '{"a": 1, "p\\u0061ss": "hunter2"}', '{"a": 1}']):
        create_task(str(number), result=value, meta=value)
    a_is_one: Any = JSONFilter(path=("a",), eq=1)
    assert ids(TaskResultFilter(**{field: a_is_one})) == {"2"}


@pytest.mark.parametrize(
    ("name", "matches"),
    [(add.name, True), (echo.name, True), (rename.name, True), (login.name, False), (restore.name, False),
     ("proj.unknown", False), (None, False)],
)  # fmt: skip
def test_arguments_match_only_where_no_parameter_is_a_secret(name: str | None, matches: bool) -> None:
    create_task("t", task_name=name, task_args='"(1, 2)"', task_kwargs='"{}"')
    assert ids(TaskResultFilter(args=StringFilter(contains="1"))) == ({"t"} if matches else set())
    assert ids(TaskResultFilter(args=StringFilter(contains="9"))) == set()
    assert ids(TaskResultFilter(search="args:1")) == ({"t"} if matches else set())
    assert ids(TaskResultFilter(kwargs=StringFilter(contains="{"))) == {"t"}
    assert ids(TaskResultFilter(args=StringFilter(is_null=False))) == {"t"}


def test_content_that_is_not_shown_matches_nothing() -> None:
    pickled: dict[str, Any] = {"content_type": "application/x-python-serialize", "content_encoding": "binary"}
    create_task("t", task_name=echo.name, result="gASVBAAAAAAAAABLAS4=", task_args="gASVBAAAAAAAAABLAS4=", **pickled)
    guess = StringFilter(contains="gASV")
    assert ids(TaskResultFilter(result=guess)) == ids(TaskResultFilter(args=guess)) == set()


@pytest.mark.parametrize("words", [(), ("pin",)])
def test_words_of_the_settings_are_heeded(settings: Any, words: tuple[str, ...]) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_WORDS": words, "REDACT_KEYS": ()}
    for name, result in (("pin", '{"userPin": 1234}'), ("pwd", '{"pwd": "x"}'), ("spin", '{"spin": 1}')):
        create_task(name, result=result)
    assert ids(TaskResultFilter(result=ANY)) == {"pwd", "spin"} | (set() if words else {"pin"})
