"""One row by its task id, for waiters who ask again and again: Django compiles the SQL once instead of every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from .codec import stored_id
from .connections import cursor_of, forget_cursor
from .managers import TaskResultManager
from .models import TaskResult
from .oversized import is_large

_ASKED = "?"
TOLD = (
    "task_id", "status", "result", "content_type", "content_encoding", "date_done", "traceback", "meta", "task_args",
    "task_kwargs", "task_name", "worker", "queue", "retries", "group_id", "parent_id",
)  # fmt: skip
"""What Celery's meta is made of. To read all columns, and to make a model of them, takes half as long again."""


@dataclass(frozen=True, kw_only=True)
class _Select:
    """A compiled query that takes a task id."""

    sql: str
    names: tuple[str, ...]
    converters: tuple[tuple[int, tuple[Callable[..., Any], ...], Any], ...]
    """Position, functions and expression of the columns that the database returns otherwise than Django does."""

    def row(self, model: type[models.Model], connection: BaseDatabaseWrapper, task_id: str) -> Any:
        with cursor_of(connection) as cursor:
            cursor.execute(self.sql, [task_id])
            found = cursor.fetchone()
        if found is None:
            return None
        values = list(found)
        for position, functions, expression in self.converters:
            for function in functions:
                values[position] = function(values[position], expression, connection)
        told = dict(zip(self.names, values, strict=True))
        if is_large(told.get("result")):
            forget_cursor(connection)
        return SimpleNamespace(**told) if model is TaskResult else model.from_db(connection.alias, self.names, values)


def row_of(manager: Any, task_id: str, alias: str) -> Any:
    """The task's row, or None: of our own model, a plain object with the columns that make the meta."""
    task_id = stored_id(task_id)
    if type(manager).get_task is not TaskResultManager.get_task:
        return manager.db_manager(alias).get_task(task_id)
    if type(manager).get_queryset is not TaskResultManager.get_queryset:
        return manager.using(alias).filter(task_id=task_id).first()  # a manager that looks at its own rows only
    select = _compiled(manager.model, connections[alias].settings_dict["ENGINE"], alias)
    return select.row(manager.model, connections[alias], task_id)


@lru_cache(maxsize=64)
def _compiled(model: type[models.Model], engine: str, alias: str) -> _Select:
    """The engine is part of the key: the same alias is another database in the next test."""
    rows = model._base_manager.using(alias).filter(task_id=_ASKED)
    query = (rows.only(*TOLD) if model is TaskResult else rows).query  # a project's model may tell more
    query.clear_ordering(force=True)
    compiler: Any = query.get_compiler(using=alias)
    sql, _ = compiler.as_sql()
    columns = [column for column, _, _ in compiler.select]
    converters = compiler.get_converters(columns)
    return _Select(
        sql=sql,
        names=tuple(column.target.attname for column in columns),
        converters=tuple((place, tuple(found), expression) for place, (found, expression) in converters.items()),
    )
