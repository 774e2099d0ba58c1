"""Managers of the result tables: the names and signatures that projects subclass and call.

A project's manager may override `store_result` with the keyword list of the 2.x package. What that list has no room
for, such as the attempt, is handed around it by `beside`.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, TypeVar

from celery.utils.time import maybe_timedelta
from django.conf import settings
from django.db import connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now

from .codec import stored_id
from .outages import is_retryable, recover
from .querysets import M, TaskResultQuerySet, write
from .state_changes import Companion, StateChange
from .utils import now

W_ISOLATION_REP = """
Polling results within one transaction under the isolation level REPEATABLE-READ never sees a change.
Poll outside the transaction, or set the isolation level to READ-COMMITTED.
"""

F = TypeVar("F", bound=Callable[..., Any])
_beside: ContextVar[StateChange | None] = ContextVar("django_celery_results.beside", default=None)


class TxIsolationWarning(UserWarning):
    """Results are polled where changes cannot be seen."""


def transaction_retry(max_retries: int = 1) -> Callable[[F], F]:
    """Run a manager's method again where the database lost it and no transaction of the caller is open.

    `exception_retry_count` overrides the count for one call.
    """

    def decorate(method: F) -> F:
        @functools.wraps(method)
        def retrying(*args: Any, **kwargs: Any) -> Any:
            left = kwargs.pop("exception_retry_count", max_retries)
            while True:
                try:
                    return method(*args, **kwargs)
                except Exception as error:
                    alias = kwargs.get("using") or args[0].connection_for_write().alias
                    if left <= 0 or not is_retryable(error) or not recover(alias, error):
                        raise
                    left -= 1

        return retrying  # type: ignore[return-value]

    return decorate


@contextmanager
def beside(change: StateChange) -> Iterator[None]:
    """What a write knows beyond the arguments of `store_result`, for the call inside."""
    token = _beside.set(change)
    try:
        yield
    finally:
        _beside.reset(token)


class ResultManager(models.Manager[M]):
    """What the managers of tasks and groups share."""

    def warn_if_repeatable_read(self) -> None:
        """Warn where a poll cannot see what other connections write."""
        if _isolation_level(self.connection_for_read()) == "repeatable read":
            warnings.warn(TxIsolationWarning(W_ISOLATION_REP.strip()), stacklevel=3)

    def connection_for_write(self) -> BaseDatabaseWrapper:
        return connections[router.db_for_write(self.model)]

    def connection_for_read(self) -> BaseDatabaseWrapper:
        return connections[self.db]

    def current_engine(self) -> str:
        return str(settings.DATABASES[self.db]["ENGINE"])

    def _written(self, using: str | None = None) -> str:
        """The alias to write on; a manager of `db_manager(…)` was told."""
        return using or self._db or router.db_for_write(self.model)

    def get_all_expired(self, expires: timedelta | float) -> models.QuerySet[M]:
        """Rows whose `date_done` is longer ago than `expires`, in seconds or a timedelta."""
        age = expires if isinstance(expires, timedelta) else timedelta(seconds=expires)
        return self.filter(date_done__lt=now() - age)

    def delete_expired(self, expires: timedelta | float, batch_size: int = 100000) -> int:
        """Delete what has expired, a batch by range of keys at a time, on the database that is written to."""
        rows = self.get_all_expired(expires).using(self._written()).order_by("pk")
        deleted = 0
        while keys := list(rows.values_list("pk", flat=True)[:batch_size]):
            with transaction.atomic(using=rows.db):
                deleted += rows.filter(pk__gte=keys[0], pk__lte=keys[-1]).order_by().delete()[0]
        return deleted


def _isolation_level(connection: Any) -> str | None:
    """Of MySQL and MariaDB, in Django's words: as the settings say, else as the server does."""
    if connection.vendor != "mysql":
        return None
    connection.ensure_connection()  # Django settles the level when it connects
    if connection.isolation_level:
        return str(connection.isolation_level)
    with connection.cursor() as cursor:  # each of the two names is unknown to some versions
        cursor.execute("SHOW VARIABLES WHERE variable_name IN ('transaction_isolation', 'tx_isolation')")
        return str(cursor.fetchone()[1]).replace("-", " ").lower()


class TaskResultManager(ResultManager[M]):
    """Rows of tasks."""

    _last_id: str | None = None  # managers of projects read it in their own `get_task`, as 2.x did
    _queryset_class = TaskResultQuerySet  # by attribute, so that `Manager.from_queryset(…)` beside it may bring its own

    def get_task(self, task_id: str) -> M:
        """The row of a task; an unsaved one where there is none."""
        return self.filter(task_id=stored_id(task_id)).first() or self.model(task_id=task_id)

    def write(self, change: StateChange, *, using: str | None = None, companion: Companion | None = None) -> bool:
        """Store a state unless the row stands above it; True if it was taken."""
        return write(self.model, self._written(using), change, companion)

    @transaction_retry(max_retries=2)
    def store_result(
        self,
        content_type: str,
        content_encoding: str,
        task_id: str,
        result: str | None,
        status: str,
        traceback: str | None = None,
        meta: str | None = None,
        periodic_task_name: str | None = None,
        task_name: str | None = None,
        task_args: str | None = None,
        task_kwargs: str | None = None,
        worker: str | None = None,
        using: str | None = None,
        **kwargs: Any,
    ) -> M:
        """Store a state unless the row stands above it, and return the row. What is None is left as it is stored."""
        told = {
            "meta": meta,
            "periodic_task_name": periodic_task_name,
            "task_name": task_name,
            "task_args": task_args,
            "task_kwargs": task_kwargs,
            "worker": worker,
        }
        known = {name: value for name, value in (told | _started(kwargs)).items() if value is not None}
        known |= {"content_type": content_type, "content_encoding": content_encoding}
        known |= {"result": result, "traceback": traceback}
        alias = self._written(using)
        self.write(_with_beside(task_id, status, known), using=alias)
        return self.using(alias).get(task_id=stored_id(task_id))


def _started(given: Mapping[str, Any]) -> dict[str, Any]:
    """The one further keyword of the 2.x package; it passed a database function there."""
    started = given.get("date_started")
    return {"date_started": now() if isinstance(started, Now) else started}


def _with_beside(task_id: str, status: str, known: dict[str, Any]) -> StateChange:
    more = _beside.get()
    if more is None or (more.task_id, more.status) != (task_id, status):
        return StateChange(task_id=task_id, status=status, known=known)
    return more._replace(known={**more.known, **known})


class GroupResultManager(ResultManager[M]):
    """Rows of groups."""

    _last_id: str | None = None  # as above, in `get_group`

    def get_group(self, group_id: str) -> M:
        """The row of a group; an unsaved one where there is none."""
        return self.filter(group_id=stored_id(group_id)).first() or self.model(group_id=group_id)

    @transaction_retry(max_retries=2)
    def store_group_result(
        self, content_type: str, content_encoding: str, group_id: str, result: str | None, using: str | None = None
    ) -> M:
        """Store the members of a group, or replace them."""
        if not group_id:
            raise ValueError(f"group_id must not be empty, but it is {group_id!r}.")
        columns = {"result": result, "content_type": content_type, "content_encoding": content_encoding}
        rows = self.using(self._written(using))
        row, _ = rows.update_or_create(group_id=stored_id(group_id), defaults=columns)
        return row


__all__ = [
    "W_ISOLATION_REP",
    "GroupResultManager",
    "ResultManager",
    "TaskResultManager",
    "TxIsolationWarning",
    "beside",
    "maybe_timedelta",
    "transaction_retry",
]
