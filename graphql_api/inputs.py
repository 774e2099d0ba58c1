"""From what a client gave to the frozen values of the rooms below: one table, for every engine.

An engine hands over the name of an input type and what was given for its fields, inner inputs first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django_celery_results.actions import retry
from django_celery_results.actions.bulk import BulkOptions
from django_celery_results.actions.selection import Selection
from django_celery_results.exceptions import InvalidInput
from django_celery_results.query import (
    filters,
    global_ids,
    json_filters,
    key_filters,
    operations,
    operators,
    ordering,
    tasks,
)

Given = Mapping[str, Any]
RENAMED = {"countdown_seconds": "countdown"}
"""Fields that have another name in the rooms below."""
_GIVEN_AS = {below: given for given, below in RENAMED.items()}


def made(type_name: str, given: Given) -> Any:
    """The value that an input stands for; what no room below knows stays a mapping."""
    make = _MAKERS.get(type_name, dict)
    return make(given)


def _filter(kind: Callable[..., Any], given: Given) -> Any:
    """Null is refused: as "no condition" it would select everything."""
    for name, item in given.items():
        if item is None:
            raise InvalidInput(f"`{camel(name)}` is null; leave it out, or ask by `isNull`.")
    return kind(**{name: tuple(item) if isinstance(item, list) else item for name, item in given.items()})


def _keys(given: Given) -> key_filters.KeyFilter:
    """Global ids as the primary keys of tasks."""
    found: key_filters.KeyFilter = _filter(key_filters.KeyFilter, {name: _pks(item) for name, item in given.items()})
    return found


def _pks(item: Any) -> Any:
    if isinstance(item, list):
        return [_pks(one) for one in item]
    return None if item is None else global_ids.decode(item, of="TaskResult").pk


def _task_ref(given: Given) -> tasks.TaskRef:
    global_id: str | None = given.get("id")
    if global_id is not None:
        return tasks.TaskRef(id=global_ids.decode(global_id, of="TaskResult").pk)
    return tasks.TaskRef(task_id=given.get("task_id"))


def _selection(given: Given) -> Selection:
    ids, task_ids, where = given.get("ids"), given.get("task_ids"), given.get("filter")
    if ids:
        return Selection(ids=tuple(global_ids.decode(text, of="TaskResult").pk for text in ids))
    if task_ids:
        return Selection(task_ids=tuple(map(operators.checked_text, task_ids)))
    return Selection(filter=where, ids=() if ids == [] or task_ids == [] else None)


def _overrides(given: Given) -> retry.RetryOverrides:
    return retry.RetryOverrides(**{RENAMED.get(name, name): item for name, item in given.items()})


def _options(given: Given) -> BulkOptions:
    return BulkOptions(**{name: item for name, item in given.items() if item is not None})


_FILTERS: Mapping[str, Callable[..., Any]] = {
    "StringFilter": operators.StringFilter,
    "IDFilter": operators.IDFilter,
    "StateFilter": operators.StateFilter,
    "DateTimeFilter": operators.DateTimeFilter,
    "FloatFilter": operators.SecondsFilter,
    "IntFilter": operators.IntFilter,
    "JSONFilter": json_filters.JSONFilter,
    "TaskResultFilter": filters.TaskResultFilter,
    "GroupResultFilter": filters.GroupResultFilter,
    "OperationFilter": operations.OperationFilter,
}

_MAKERS: Mapping[str, Callable[[Given], Any]] = {
    **{name: partial(_filter, kind) for name, kind in _FILTERS.items()},
    "GlobalIDFilter": _keys,
    "TaskResultOrder": lambda given: ordering.TaskResultOrder(**given),
    "GroupResultOrder": lambda given: ordering.GroupResultOrder(**given),
    "TaskRef": _task_ref,
    "TaskSelector": _selection,
    "RetryOverrides": _overrides,
    "BulkOptions": _options,
}


def camel(name: str) -> str:
    """A field of the rooms below as clients write it."""
    first, *others = _GIVEN_AS.get(name, name).rstrip("_").split("_")
    return first + "".join(map(str.capitalize, others))
