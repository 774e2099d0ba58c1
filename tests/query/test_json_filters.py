"""JSON filters select the same rows on every database that supports them, and never cause a database error."""

import json
import math
from typing import Any

import pytest
from django.db import connection

from django_celery_results.exceptions import InvalidInput
from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.json_filters import JSONFilter
from django_celery_results.query.tasks import selected
from tests.factories import create_task

pytestmark = pytest.mark.django_db


def is_unsupported() -> bool:
    return connection.vendor == "postgresql" and connection.pg_version < 160_000


VALUES: dict[str, Any] = {
    "text": {"a": "x"},
    "upper": {"a": "X"},
    "space": {"a": "x "},
    "number": {"a": 1},
    "real": {"a": 1.5},
    "digits": {"a": "1"},
    "large": {"a": 2**53 + 1},
    "true": {"a": True},
    "name": {"a": "true"},
    "null": {"a": None},
    "absent": {"b": "x"},
    "nested": {"a": {"b": [{"c": "deep"}, 7]}},
    "list": [{"a": "x"}],
    "keyed": {"0": {"a": "y"}},
    "letters": {"a": "é☃"},
    "wild": {"a": "%_"},
    "scalar": "x",
    "zero": 0,
}
BROKEN = {
    "cut": '{"a": "x"',
    "empty": "",
    "words": "a: x",
    "nan": '{"a": NaN}',
    "nul": '{"a": "\\u0000", "b": "x"}',
    "half": '{"a": "\\ud800"}',
    "pickled": "gASVCAAAAAAAAAB9lIwBYZRLAXMu",
    "deep": "[" * 5_000 + "]" * 5_000,
    "endless": '{"a": 1e999}',
    "missing": None,
}


@pytest.fixture
def json_rows(db: None) -> None:
    """Store every value as result and meta; skip the test where the database does not support JSON filters."""
    if is_unsupported():
        pytest.skip("PostgreSQL before 16 refuses JSON filters, as another test shows")
    texts = {name: json.dumps(value) for name, value in VALUES.items()} | BROKEN
    texts["huge"] = json.dumps({"a": "x", "more": "y" * 1_000_000})
    columns = {"status": "SUCCESS", "content_type": "application/json", "content_encoding": "utf-8"}
    TaskResult.objects.bulk_create(
        [TaskResult(task_id=name, result=text, meta=text, **columns) for name, text in texts.items()]
    )


with_json_rows = pytest.mark.usefixtures("json_rows")


def ids(*path: str, **operators: Any) -> set[str]:
    rows = selected(SYSTEM, TaskResultFilter(result_json=JSONFilter(path=path, **operators)))
    return {row.task_id for row in rows}


ALL_IDS = {*VALUES, *BROKEN, "huge"}
DATABASE_DEPENDENT = {"endless", "nul", "half"}
"""Rows that some databases read as JSON and others do not; none fails."""


@with_json_rows
@pytest.mark.parametrize(
    ("path", "operators", "expected"),
    [
        ("a", {"eq": "x"}, {"text"}),
        ("a", {"eq": "1"}, {"digits"}),
        ("a", {"eq": 1}, {"number"}),
        ("a", {"eq": 1.0}, {"number"}),
        ("a", {"eq": True}, {"true"}),
        ("a", {"eq": "true"}, {"name"}),
        ("a", {"eq": False}, set()),
        ("a", {"eq": "é☃"}, {"letters"}),
        ("a", {"contains": "%"}, {"wild"}),
        ("a", {"contains": "☃"}, {"letters"}),
        ("a", {"starts_with": "x"}, {"text", "space"}),
        ("a", {"in_": ("x", 1, True)}, {"text", "number", "true"}),
        ("a", {"in_": ()}, set()),
        ("a", {"gt": 1}, {"real", "large"}),
        ("a", {"gte": 1, "lt": 2}, {"number", "real"}),
        ("a.b.0.c", {"eq": "deep"}, {"nested"}),
        ("a.b.1", {"eq": 7}, {"nested"}),
        ("a.b", {"is_null": False}, {"nested"}),
        ("0.a", {"starts_with": ""}, {"list", "keyed"}),
        ("", {"eq": "x"}, {"scalar"}),
        ("", {"eq": 0}, {"zero"}),
    ],
)
def test_value_at_a_path_is_compared(path: str, operators: dict[str, Any], expected: set[str]) -> None:
    assert ids(*filter(None, path.split(".")), **operators) - DATABASE_DEPENDENT == expected


@with_json_rows
def test_invalid_json_counts_as_null() -> None:
    with_value = {name for name, value in VALUES.items() if isinstance(value, dict) and value.get("a") is not None}
    assert ids("a", is_null=False) - DATABASE_DEPENDENT == with_value
    assert ids("a", is_null=True) - DATABASE_DEPENDENT == ALL_IDS - with_value - DATABASE_DEPENDENT
    assert ids("a", ne="x") - DATABASE_DEPENDENT == ALL_IDS - {"text"} - DATABASE_DEPENDENT
    assert ids("a", not_in=("x", 1)) - DATABASE_DEPENDENT == ALL_IDS - {"text", "number"} - DATABASE_DEPENDENT


@with_json_rows
def test_negated_filter_selects_the_complement() -> None:
    where = TaskResultFilter(result_json=JSONFilter(path=("a",), gt=1))
    matching = {row.task_id for row in selected(SYSTEM, where)}
    others = {row.task_id for row in selected(SYSTEM, TaskResultFilter(not_=where))}
    assert matching | others == ALL_IDS
    assert not matching & others


@with_json_rows
def test_meta_filter_reads_the_meta_column() -> None:
    where = TaskResultFilter(meta_json=JSONFilter(path=("a",), eq="x"))
    assert [row.task_id for row in selected(SYSTEM, where)] == ["text"]


@with_json_rows
def test_row_with_a_redacted_key_never_matches() -> None:
    create_task("secret", result='{"a": "x", "password": "hunter2"}')
    assert "secret" not in ids("a", eq="x")
    assert "secret" not in ids("a", ne="y")
    assert ids("password", starts_with="h") == set()


@pytest.mark.parametrize(
    ("path", "operators"),
    [
        (("a",), {}),
        (("a",), {"eq": {"b": 1}}),
        (("a",), {"eq": [1]}),
        (("a",), {"gt": 1e301}),
        (("a",), {"gt": math.inf}),
        (("a",), {"gt": math.nan}),
        (("a",), {"eq": 10**400}),
        (("a",), {"eq": "\0"}),
        (("a",), {"contains": "x" * 5_000}),
        (("a",), {"in_": tuple(range(21))}),
        (('a"b',), {"eq": 1}),
        (("a'b",), {"eq": 1}),
        (("a\\",), {"eq": 1}),
        (("a\0",), {"eq": 1}),
        (("\ud800",), {"eq": 1}),
        (("",), {"eq": 1}),
        (("-1",), {"eq": 1}),
        (("-a",), {"eq": 1}),
        ((" 1",), {"eq": 1}),
        (("01",), {"eq": 1}),
        (("x" * 257,), {"eq": 1}),
        (("a",) * 11, {"eq": 1}),
        (("1",) * 4, {"eq": 1}),
    ],
)
def test_invalid_path_or_value_is_refused(path: tuple[str, ...], operators: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        ids(*path, **operators)


@with_json_rows
@pytest.mark.parametrize("step", ["$", "*", "a.b", "[0]", "a]", "%s", "%", "{}", ";", "a--", "1a", "@", " a ", "😀"])
def test_special_characters_in_a_key_are_literal(step: str) -> None:
    create_task("odd", result=json.dumps({step: "found"}, ensure_ascii=False))
    if not step.isascii() and connection.vendor == "sqlite":
        pytest.skip("SQLite before 3.45 refuses such keys")
    assert ids(step, eq="found") == {"odd"}


def test_postgresql_before_16_refuses_json_filters() -> None:
    if not is_unsupported():
        pytest.skip("this database supports JSON filters")
    with pytest.raises(InvalidInput, match="PostgreSQL before 16"):
        ids("a", eq="x")
