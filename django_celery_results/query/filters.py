"""The filter algebra over tasks and groups: frozen values, bounded in size, that become one condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from django_celery_results.exceptions import InvalidInput
from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.states import READY

from . import hidden, lookups, search
from .conditions import all_of, any_of, negate
from .json_filters import JSONFilter
from .key_filters import KeyFilter
from .operators import (
    Comparison,
    DateTimeFilter,
    IDFilter,
    IntFilter,
    SecondsFilter,
    StateFilter,
    StringFilter,
)

MAX_DEPTH = 10
MAX_CONDITIONS = 100

RUNTIME = "_runtime"
ALIASES = {RUNTIME: Case(When(lookups.one_of("status", READY), then=F("date_done") - F("date_started")))}
"""Expressions a condition may name; a queryset takes them by `alias(**ALIASES)`."""
_RETRIED = "_was_retried"


@dataclass(frozen=True, kw_only=True)
class TaskResultFilter:
    """Which tasks. Everything that is given must hold."""

    and_: tuple[TaskResultFilter, ...] | None = None
    or_: tuple[TaskResultFilter, ...] | None = None
    not_: TaskResultFilter | None = None
    id: KeyFilter | None = None
    task_id: IDFilter | None = None
    task_name: StringFilter | None = None
    periodic_task_name: StringFilter | None = None
    status: StringFilter | None = None
    state: StateFilter | None = None
    is_ready: bool | None = None
    worker: StringFilter | None = None
    queue: StringFilter | None = None
    date_created: DateTimeFilter | None = None
    date_started: DateTimeFilter | None = None
    date_done: DateTimeFilter | None = None
    runtime_seconds: SecondsFilter | None = None
    retries: IntFilter | None = None
    priority: IntFilter | None = None
    args: StringFilter | None = None
    kwargs: StringFilter | None = None
    result: StringFilter | None = None
    result_json: JSONFilter | None = None
    meta_json: JSONFilter | None = None
    traceback: StringFilter | None = None
    error_type: StringFilter | None = None
    error_fingerprint: StringFilter | None = None
    group_id: IDFilter | None = None
    root_task_id: IDFilter | None = None
    parent_task_id: IDFilter | None = None
    has_parent: bool | None = None
    was_retried: bool | None = None
    search: str | None = None


@dataclass(frozen=True, kw_only=True)
class GroupResultFilter:
    """Which groups. Everything that is given must hold."""

    and_: tuple[GroupResultFilter, ...] | None = None
    or_: tuple[GroupResultFilter, ...] | None = None
    not_: GroupResultFilter | None = None
    group_id: IDFilter | None = None
    date_created: DateTimeFilter | None = None


AnyFilter = TaskResultFilter | GroupResultFilter

NEEDS: Mapping[str, Action] = {
    "args": Action.VIEW_PAYLOAD,
    "kwargs": Action.VIEW_PAYLOAD,
    "result": Action.VIEW_PAYLOAD,
    "result_json": Action.VIEW_PAYLOAD,
    "meta_json": Action.VIEW_PAYLOAD,
    "traceback": Action.VIEW_TRACEBACK,
}
"""Filters that would let a viewer guess what they may not read, and the permission to read it."""


def condition(where: AnyFilter) -> Q:
    """The filter as one condition; raises `InvalidInput` where it is too large or a value cannot be used."""
    _check_size(where)
    return _condition(where)


def needs(where: AnyFilter) -> frozenset[Action]:
    """The permissions that the filter's fields need beyond viewing rows at all."""
    return frozenset(NEEDS[name] for branch in _branches(where) for name in _named(branch) if name in NEEDS)


def aliases(where: TaskResultFilter, visible: QuerySet[TaskResult]) -> dict[str, Any]:
    """All expressions that the filter's condition names. A task was retried where one of the visible rows says so."""
    if all(branch.was_retried is None for branch in _branches(where) if isinstance(branch, TaskResultFilter)):
        return ALIASES
    return {**ALIASES, _RETRIED: Exists(visible.filter(retried_from=OuterRef("task_id")))}


def _named(branch: AnyFilter) -> Iterator[str]:
    yield from (name for name, _ in _given(branch))
    if isinstance(branch, TaskResultFilter) and branch.search is not None:
        yield from search.fields(branch.search)


def _condition(where: AnyFilter) -> Q:
    special = _OF_TASKS if isinstance(where, TaskResultFilter) else _LOGIC
    return all_of(
        special[name](value) if name in special else value.condition(_COLUMNS.get(name, name))
        for name, value in _given(where)
    )


def _given(where: AnyFilter) -> list[tuple[str, Any]]:
    pairs = [(known.name, getattr(where, known.name)) for known in fields(where)]
    return [(name, value) for name, value in pairs if value is not None]


_LOGIC: Mapping[str, Callable[[Any], Q]] = {
    "and_": lambda branches: all_of(_condition(branch) for branch in branches),
    "or_": lambda branches: any_of(_condition(branch) for branch in branches),
    "not_": lambda branch: negate(_condition(branch)),
}

_COLUMNS: Mapping[str, str] = {
    "state": "status",
    "runtime_seconds": RUNTIME,
    "root_task_id": "root_id",
    "parent_task_id": "parent_id",
}


def _is_ready(wanted: bool) -> Q:
    ready = lookups.one_of("status", READY)
    return ready if wanted else negate(ready)


def _date_done(comparison: DateTimeFilter) -> Q:
    """Celery's word for it: the column moves while a task runs, and means something in a final state only."""
    return all_of(
        _is_ready(not value) if name == "is_null" else _is_ready(True) & comparison.OPERATORS[name]("date_done", value)
        for name, value in comparison.given()
    )


def _payload(column: str) -> Callable[[Comparison], Q]:
    return lambda comparison: hidden.outside(column, comparison)


_OF_TASKS: Mapping[str, Callable[[Any], Q]] = {
    **_LOGIC,
    "is_ready": _is_ready,
    "date_done": _date_done,
    "args": _payload("task_args"),
    "kwargs": _payload("task_kwargs"),
    "result": _payload("result"),
    "result_json": _payload("result"),
    "meta_json": _payload("meta"),
    "traceback": _payload("traceback"),
    "has_parent": lambda wanted: lookups.present("parent_id") if wanted else lookups.missing("parent_id"),
    "was_retried": lambda wanted: Q(**{_RETRIED: wanted}),
    "search": search.condition,
}


def _check_size(where: AnyFilter) -> None:
    count = 0
    for branch in _branches(where):
        count += 1 + sum(_size(value) for _, value in _given(branch))
        if count > MAX_CONDITIONS:
            raise InvalidInput(f"A filter may have {MAX_CONDITIONS} conditions.")
        if branch.or_ == () or branch.and_ == ():
            raise InvalidInput("`and` and `or` need at least one filter; leave them out otherwise.")


def _size(value: Any) -> int:
    """How many conditions a field makes beside the one for its branch."""
    if isinstance(value, str):
        return len(search.terms(value))
    return len(value.given()) if isinstance(value, Comparison) else 0


def _branches(where: AnyFilter, depth: int = 1) -> Iterator[AnyFilter]:
    if depth > MAX_DEPTH:
        raise InvalidInput(f"A filter may be nested {MAX_DEPTH} deep.")
    yield where
    for branch in (*(where.and_ or ()), *(where.or_ or ()), *((where.not_,) if where.not_ else ())):
        yield from _branches(branch, depth + 1)
