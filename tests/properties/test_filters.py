"""Filters select exactly what a plain reading of them selects, on every database."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
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

pytestmark = pytest.mark.django_db

NAMES = ["a", "A", "a ", "ab", "a%", "a_b", "\\", "", "é", None]
STATES = ["SUCCESS", "FAILURE", "PENDING", "STARTED", "success", "PROGRESS"]


@pytest.fixture
def rows(db: None) -> None:
    """Every name with every state, some started, some with retries."""
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
MOMENTS = [at(second) for second in range(5)]
ORDERED = ("eq", "gt", "gte", "lt", "lte")


def some(random: Random, values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(random.choices(values, k=random.randrange(4)))


def strings(random: Random) -> StringFilter:
    name = random.choice(["eq", "ne", "contains", "starts_with", "ends_with", "in_", "not_in", "is_null"])
    one: Any = some(random, TEXTS) if name in ("in_", "not_in") else random.choice(TEXTS)
    return StringFilter(**{name: random.random() < 0.5 if name == "is_null" else one})


def ordered(comparison: Callable[..., Any], values: Sequence[Any]) -> Callable[[Random], Any]:
    def make(random: Random) -> Any:
        if random.random() < 0.2:
            return comparison(is_null=random.random() < 0.5)
        return comparison(**{name: random.choice(values) for name in random.sample(ORDERED, 2)})

    return make


LEAVES: dict[str, Callable[[Random], Any]] = {
    "task_name": strings,
    "worker": strings,
    "status": strings,
    "state": lambda random: random.choice(
        [StateFilter(eq=state) for state in TaskState]
        + [StateFilter(ne=TaskState.CUSTOM), StateFilter(in_=(TaskState.CUSTOM, TaskState.FAILURE))]
        + [StateFilter(not_in=(TaskState.SUCCESS, TaskState.CUSTOM)), StateFilter(in_=())]
    ),
    "is_ready": lambda random: random.random() < 0.5,
    "has_parent": lambda random: random.random() < 0.5,
    "parent_task_id": lambda random: random.choice([IDFilter(eq="t0"), IDFilter(eq="T1"), IDFilter(not_in=("t0",))]),
    "retries": ordered(IntFilter, NUMBERS),
    "date_created": ordered(DateTimeFilter, MOMENTS),
    "date_started": ordered(DateTimeFilter, MOMENTS),
    "date_done": ordered(DateTimeFilter, MOMENTS),
    "runtime_seconds": ordered(SecondsFilter, NUMBERS),
}


def tree(random: Random, depth: int = 3) -> TaskResultFilter:
    kind = random.choice(["leaf", "and_", "or_", "not_"]) if depth else "leaf"
    if kind == "leaf":
        names = random.sample(sorted(LEAVES), random.randrange(3))
        return TaskResultFilter(**{name: LEAVES[name](random) for name in names})
    if kind == "not_":
        return TaskResultFilter(not_=tree(random, depth - 1))
    return TaskResultFilter(**{kind: tuple(tree(random, depth - 1) for _ in range(random.randrange(1, 4)))})


@pytest.mark.usefixtures("rows")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(random=st.randoms(use_true_random=False))
def test_a_filter_selects_what_it_says(random: Random) -> None:
    where = tree(random)
    expected = {row.task_id for row in TaskResult.objects.all() if holds(where, row)}
    assert {row.task_id for row in selected(SYSTEM, where)} == expected


def holds(where: TaskResultFilter, row: TaskResult) -> bool:
    """The meaning of a filter, in Python."""
    pairs = [(known.name, getattr(where, known.name)) for known in fields(where)]
    return all(MEANING.get(name, _column)(row, name, value) for name, value in pairs if value is not None)


def _column(row: TaskResult, name: str, comparison: Comparison) -> bool:
    value = VALUES.get(name, lambda row: getattr(row, name))(row)
    return all(OPERATORS[operator](value, operand) for operator, operand in comparison.given())


def _runtime(row: TaskResult) -> float | None:
    done = _done(row)
    return (done - row.date_started) / timedelta(seconds=1) if done and row.date_started else None


def _done(row: TaskResult) -> datetime | None:
    return row.date_done if row.status in READY else None


VALUES: dict[str, Callable[[TaskResult], Any]] = {
    "state": lambda row: state_of(row.status),
    "parent_task_id": lambda row: row.parent_id,
    "date_done": _done,
    "runtime_seconds": _runtime,
}
MEANING: dict[str, Callable[[TaskResult, str, Any], bool]] = {
    "and_": lambda row, _, branches: all(holds(branch, row) for branch in branches),
    "or_": lambda row, _, branches: any(holds(branch, row) for branch in branches),
    "not_": lambda row, _, branch: not holds(branch, row),
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
