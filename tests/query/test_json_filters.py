"""Filters over values inside of JSON: the same on every database that can look into it, and never an error of SQL."""

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


def cannot() -> bool:
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
def looking(db: None) -> None:
    """Every value; only where the database can look into it."""
    if cannot():
        pytest.skip("PostgreSQL before 16 refuses, as another test shows")
    texts = {name: json.dumps(value) for name, value in VALUES.items()} | BROKEN
    texts["huge"] = json.dumps({"a": "x", "more": "y" * 1_000_000})
    columns = {"status": "SUCCESS", "content_type": "application/json", "content_encoding": "utf-8"}
    TaskResult.objects.bulk_create(
        [TaskResult(task_id=name, result=text, meta=text, **columns) for name, text in texts.items()]
    )


looks_into = pytest.mark.usefixtures("looking")


def ids(*path: str, **operators: Any) -> set[str]:
    found = selected(SYSTEM, TaskResultFilter(result_json=JSONFilter(path=path, **operators)))
    return {row.task_id for row in found}


EVERYTHING = {*VALUES, *BROKEN, "huge"}
VAGUE = {"endless", "nul", "half"}
"""What some databases do not take for JSON; none fails."""


@looks_into
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
def test_a_value_is_compared_where_it_stands(path: str, operators: dict[str, Any], expected: set[str]) -> None:
    assert ids(*filter(None, path.split(".")), **operators) - VAGUE == expected


@looks_into
def test_what_is_no_json_has_no_value() -> None:
    there = {name for name, value in VALUES.items() if isinstance(value, dict) and value.get("a") is not None}
    assert ids("a", is_null=False) - VAGUE == there
    assert ids("a", is_null=True) - VAGUE == EVERYTHING - there - VAGUE
    assert ids("a", ne="x") - VAGUE == EVERYTHING - {"text"} - VAGUE
    assert ids("a", not_in=("x", 1)) - VAGUE == EVERYTHING - {"text", "number"} - VAGUE


@looks_into
def test_negation_is_the_complement() -> None:
    where = TaskResultFilter(result_json=JSONFilter(path=("a",), gt=1))
    found = {row.task_id for row in selected(SYSTEM, where)}
    others = {row.task_id for row in selected(SYSTEM, TaskResultFilter(not_=where))}
    assert found | others == EVERYTHING
    assert not found & others


@looks_into
def test_meta_is_looked_into_as_well() -> None:
    where = TaskResultFilter(meta_json=JSONFilter(path=("a",), eq="x"))
    assert [row.task_id for row in selected(SYSTEM, where)] == ["text"]


@looks_into
def test_a_row_that_names_a_secret_never_matches() -> None:
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
def test_what_cannot_be_compared_is_refused(path: tuple[str, ...], operators: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        ids(*path, **operators)


@looks_into
@pytest.mark.parametrize("step", ["$", "*", "a.b", "[0]", "a]", "%s", "%", "{}", ";", "a--", "1a", "@", " a ", "😀"])
def test_no_key_has_a_meaning_of_its_own(step: str) -> None:
    create_task("odd", result=json.dumps({step: "found"}, ensure_ascii=False))
    if not step.isascii() and connection.vendor == "sqlite":
        pytest.skip("SQLite before 3.45 refuses them")
    assert ids(step, eq="found") == {"odd"}


def test_a_database_that_cannot_look_into_damaged_json_refuses() -> None:
    if not cannot():
        pytest.skip("this database can look into JSON")
    with pytest.raises(InvalidInput, match="PostgreSQL before 16"):
        ids("a", eq="x")
