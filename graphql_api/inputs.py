"""From what a client gave to the frozen values of the rooms below."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django_celery_results.actions.selection import Selection
from django_celery_results.exceptions import InvalidInput
from django_celery_results.query import filters, operations, operators, tasks
from graphql_api import global_ids

FILTERS: Mapping[str, Callable[..., Any]] = {
    "StringFilter": operators.StringFilter,
    "IDFilter": operators.IDFilter,
    "StateFilter": operators.StateFilter,
    "DateTimeFilter": operators.DateTimeFilter,
    "FloatFilter": operators.SecondsFilter,
    "IntFilter": operators.IntFilter,
    "TaskResultFilter": filters.TaskResultFilter,
    "GroupResultFilter": filters.GroupResultFilter,
    "OperationFilter": operations.OperationFilter,
}
"""What each input type of filters becomes."""


def filter_of(type_name: str, given: Mapping[str, Any]) -> Any:
    """A filter of the query room with what was given. Null is refused: as "no condition" it would select everything."""
    for name, item in given.items():
        if item is None:
            raise InvalidInput(f"`{_camel(name)}` is null; leave it out, or ask by `isNull`.")
    return FILTERS[type_name](**given)


def task_ref(global_id: str | None, task_id: str | None) -> tasks.TaskRef:
    """The task that is named."""
    if global_id is not None:
        return tasks.TaskRef(id=global_ids.decode(global_id, of="TaskResult").pk)
    return tasks.TaskRef(task_id=task_id)


def selection(ids: Sequence[str] | None, task_ids: Sequence[str] | None, where: Any) -> Selection:
    """The tasks that are named."""
    if ids:
        return Selection(ids=tuple(global_ids.decode(text, of="TaskResult").pk for text in ids))
    if task_ids:
        return Selection(task_ids=tuple(task_ids))
    return Selection(filter=where, ids=() if ids == [] or task_ids == [] else None)


def _camel(name: str) -> str:
    first, *others = name.rstrip("_").split("_")
    return first + "".join(map(str.capitalize, others))
