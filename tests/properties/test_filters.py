"""Filters select the same rows as their definition in Python, on every database."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.operators import (
    Comparison,
    DateTimeFilter,
    IDFilter,
    IntFilter,
    SecondsFilter,
    StateFilter,
    StringFilter,
)
from django_celery_results.query.tasks import selected
from django_celery_results.states import READY, TaskState, state_of
from tests.factories import at, create_task
from tests.random_examples import random_examples

pytestmark = pytest.mark.django_db

NAMES = ["a", "A", "a ", "ab", "a%", "a_b", "\\", "", "é", None]
STATES = ["SUCCESS", "FAILURE", "PENDING", "STARTED", "success", "PROGRESS"]


@pytest.fixture
def rows(db: None) -> None:
    """A task of every name in every state, some started, some with retries."""
    for number, name in enumerate(NAMES):
        for place, status in enumerate(STATES):
            count = number * len(STATES) + place
            create_task(
                f"t{count}",
                status=status,
                task_name=name,
                worker=NAMES[-1 - number],
                retries=None if count % 3 == 0 else count % 4,
                parent_id=None if count % 2 else f"t{count // 2}",
                date_created=at(count % 4),
                date_started=None if count % 5 == 0 else at(count % 4),
                date_done=at(count % 4 + count % 3),
            )


TEXTS = [name for name in NAMES if name is not None] + ["b", "%", "_"]
NUMBERS = [-1, 0, 1, 2, 3]
TIMES = [at(second) for second in range(5)]
RANGE_OPERATORS = ("eq", "gt", "gte", "lt", "lte")


def random_string_filter(random: Random) -> StringFilter:
    operator = random.choice(["eq", "ne", "contains", "starts_with", "ends_with", "in_", "not_in", "is_null"])
    operand: Any = random.choice(TEXTS)
    if operator in ("in_", "not_in"):
        operand = tuple(random.choices(TEXTS, k=random.randrange(4)))
    if operator == "is_null":
        operand = random.random() < 0.5
    return StringFilter(**{operator: operand})


def random_range_filter(comparison: Callable[..., Any], values: Sequence[Any]) -> Callable[[Random], Any]:
    def make(random: Random) -> Any:
        if random.random() < 0.2:
            return comparison(is_null=random.random() < 0.5)
        return comparison(**{operator: random.choice(values) for operator in random.sample(RANGE_OPERATORS, 2)})

    return make


LEAVES: dict[str, Callable[[Random], Any]] = {
    "task_name": random_string_filter,
    "worker": random_string_filter,
    "status": random_string_filter,
    "state": lambda random: random.choice(
        [StateFilter(eq=state) for state in TaskState]
        + [StateFilter(ne=TaskState.CUSTOM), StateFilter(in_=(TaskState.CUSTOM, TaskState.FAILURE))]
        + [StateFilter(not_in=(TaskState.SUCCESS, TaskState.CUSTOM)), StateFilter(in_=())]
    ),
    "is_ready": lambda random: random.random() < 0.5,
    "has_parent": lambda random: random.random() < 0.5,
    "parent_task_id": lambda random: random.choice([IDFilter(eq="t0"), IDFilter(eq="T1"), IDFilter(not_in=("t0",))]),
    "retries": random_range_filter(IntFilter, NUMBERS),
    "date_created": random_range_filter(DateTimeFilter, TIMES),
    "date_started": random_range_filter(DateTimeFilter, TIMES),
    "date_done": random_range_filter(DateTimeFilter, TIMES),
    "runtime_seconds": random_range_filter(SecondsFilter, NUMBERS),
}


def random_filter(random: Random, depth: int = 3) -> TaskResultFilter:
    kind = random.choice(["leaf", "and_", "or_", "not_"]) if depth else "leaf"
    if kind == "leaf":
        names = random.sample(sorted(LEAVES), random.randrange(3))
        return TaskResultFilter(**{name: LEAVES[name](random) for name in names})
    if kind == "not_":
        return TaskResultFilter(not_=random_filter(random, depth - 1))
    return TaskResultFilter(**{kind: tuple(random_filter(random, depth - 1) for _ in range(random.randrange(1, 4)))})


@pytest.mark.usefixtures("rows")
@random_examples(100)
@given(random=st.randoms(use_true_random=False))
def test_filter_selects_the_rows_that_match_it_in_python(random: Random) -> None:
    where = random_filter(random)
    expected = {row.task_id for row in TaskResult.objects.all() if matches(where, row)}
    assert {row.task_id for row in selected(SYSTEM, where)} == expected


def matches(where: TaskResultFilter, row: TaskResult) -> bool:
    """Return whether a row matches a filter: the definition of filters, in Python."""
    pairs = [(field.name, getattr(where, field.name)) for field in fields(where)]
    return all(CONDITIONS.get(name, _column_matches)(row, name, value) for name, value in pairs if value is not None)


def _column_matches(row: TaskResult, name: str, comparison: Comparison) -> bool:
    value = VALUES.get(name, lambda row: getattr(row, name))(row)
    return all(OPERATORS[operator](value, operand) for operator, operand in comparison.given())


def _runtime_seconds(row: TaskResult) -> float | None:
    done = _date_done(row)
    return (done - row.date_started) / timedelta(seconds=1) if done and row.date_started else None


def _date_done(row: TaskResult) -> datetime | None:
    return row.date_done if row.status in READY else None


VALUES: dict[str, Callable[[TaskResult], Any]] = {
    "state": lambda row: state_of(row.status),
    "parent_task_id": lambda row: row.parent_id,
    "date_done": _date_done,
    "runtime_seconds": _runtime_seconds,
}
CONDITIONS: dict[str, Callable[[TaskResult, str, Any], bool]] = {
    "and_": lambda row, _, branches: all(matches(branch, row) for branch in branches),
    "or_": lambda row, _, branches: any(matches(branch, row) for branch in branches),
    "not_": lambda row, _, branch: not matches(branch, row),
    "is_ready": lambda row, _, wanted: (row.status in READY) is wanted,
    "has_parent": lambda row, _, wanted: (row.parent_id is not None) is wanted,
}
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, operand: value is not None and value == operand,
    "ne": lambda value, operand: value != operand,
    "in_": lambda value, operand: value in operand,
    "not_in": lambda value, operand: value not in operand,
    "contains": lambda value, operand: value is not None and operand in value,
    "starts_with": lambda value, operand: value is not None and value.startswith(operand),
    "ends_with": lambda value, operand: value is not None and value.endswith(operand),
    "is_null": lambda value, operand: (value is None) is operand,
    "gt": lambda value, operand: value is not None and value > operand,
    "gte": lambda value, operand: value is not None and value >= operand,
    "lt": lambda value, operand: value is not None and value < operand,
    "lte": lambda value, operand: value is not None and value <= operand,
}
