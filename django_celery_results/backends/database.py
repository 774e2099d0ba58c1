"""Results in the Django database: Celery's backend protocol over the tables of this package."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any, TypeVar

from celery import maybe_signature, states
from celery._state import get_current_task
from celery.backends.base import BaseBackend as BaseDictBackend
from celery.exceptions import ChordError
from celery.result import result_from_tuple
from celery.utils.log import get_logger
from django.db import DatabaseError, router, transaction
from django.db.models import signals
from kombu.exceptions import ContentDisallowed, DecodeError
from kombu.serialization import loads, registry  # type: ignore[attr-defined] # its stubs miss the registry

from django_celery_results import codec, connections, message, outages, retention
from django_celery_results.batches import Batches
from django_celery_results.managers import ResultManager
from django_celery_results.models import ChordCounter, GroupResult, TaskResult
from django_celery_results.single_rows import row_of

from .background import BackgroundMixin
from .chord_counters import trigger_callback
from .chords import ChordMixin
from .storing import StoringMixin
from .waiting import WaitingMixin

__all__ = [
    "EXCEPTIONS_TO_CATCH",
    "BaseDictBackend",
    "ChordCounter",
    "ChordError",
    "DatabaseBackend",
    "GroupResultModel",
    "b64decode",
    "b64encode",
    "get_current_task",
    "logger",
    "maybe_signature",
    "trigger_callback",
]

T = TypeVar("T")
logger = get_logger(__name__)
GroupResultModel = GroupResult
"""Like most of `__all__` a name of the 2.x module that projects import from here."""
EXCEPTIONS_TO_CATCH = (DatabaseError,)
UNKNOWN = dict.fromkeys(
    ("args", "children", "date_done", "kwargs", "result", "task_args", "task_id", "task_kwargs", "task_name",
     "traceback", "worker", "name", "retries", "queue", "group_id", "parent_id"),
)  # fmt: skip
"""The meta of a task without a row, but for its id and state."""
_EXPIRING = ("get_all_expired", "delete_expired")
_ENCODED = ("result", "meta", "task_args", "task_kwargs")


class DatabaseBackend(BackgroundMixin, ChordMixin, WaitingMixin, StoringMixin):
    """Override `TaskModel` or `GroupModel` to store in models of your own."""

    GroupModel: Any = GroupResult
    subpolling_interval = 0.5
    supports_result_compression = True

    def reading(self, operation: Callable[[str], T]) -> T:
        """Run `operation(alias)` again where the connection turns out to be lost.

        On the database that is written to: on a replica that lags, a task that is done would still be PENDING.
        """
        return outages.retrying(self.alias_for_write(), operation, outages.READ_SECONDS)

    # Tasks

    def _get_task_meta_for(self, task_id: str) -> dict[str, Any]:
        manager = self.TaskModel._default_manager
        row = self.reading(lambda alias: row_of(manager, task_id, alias))
        return self._meta_or_unknown(row, task_id)

    def _meta_or_unknown(self, row: Any, task_id: str) -> dict[str, Any]:
        return self._meta_of(row) if row else {**UNKNOWN, "status": states.PENDING, "task_id": task_id}

    def _meta_of(self, row: Any) -> dict[str, Any]:
        """Celery's meta dictionary of a row. What a task put into its meta never hides a column."""
        args, kwargs = self._decode_arguments(row)
        columns = {
            "task_id": row.task_id,
            "status": row.status,
            "result": self._decode_result(row),
            "date_done": row.date_done,
            "traceback": row.traceback,
            "task_args": args,
            "task_kwargs": kwargs,
            "task_name": row.task_name,
            "worker": row.worker,
            "args": args,
            "kwargs": kwargs,
            "name": row.task_name,
            **{name: getattr(row, name, None) for name in ("queue", "retries", "group_id", "parent_id")},
        }
        meta = {"children": [], **self._decode_meta(row), **columns, **_told(row)}
        return self.meta_from_decoded(meta)

    def decode_content(self, obj: Any, content: str | None) -> Any:
        """The value of a text column, read as its row says it was written."""
        if not content:
            return None
        payload = codec.decompressed(codec.from_text(content, obj.content_encoding))
        if obj.content_type not in registry.type_to_name:
            return self.decode(payload)  # rows that projects made themselves often say nothing of it
        return loads(payload, obj.content_type, obj.content_encoding, accept=self.accept)

    def _decode_result(self, row: Any) -> Any:
        """The text itself where it is not what its row says. A content type that is not accepted is an error."""
        try:
            return self.decode_content(row, row.result)
        except ContentDisallowed:
            raise
        except Exception:  # noqa: BLE001 - of any serializer or compression
            return row.result

    def _decode_arguments(self, row: Any) -> tuple[Any, Any]:
        """Both as they are where one cannot be read: the first versions, and projects' own hooks, stored bare text."""
        try:
            return self.decode_content(row, row.task_args), self.decode_content(row, row.task_kwargs)
        except (DecodeError, ValueError):
            return row.task_args, row.task_kwargs

    def _decode_meta(self, row: Any) -> dict[str, Any]:
        try:
            meta = self.decode_content(row, row.meta)
        except (DecodeError, ValueError):
            return {}
        return meta if isinstance(meta, dict) else {}

    def task_result_exists(self, task_id: str) -> bool:
        """Whether the task has a row, that of a queued one included."""
        return self.reading(lambda alias: bool(self._tasks(alias, task_id).exists()))

    def _forget(self, task_id: str) -> None:
        self.writing(lambda alias: self._delete(task_id, alias), _alias_of_listeners(self.TaskModel))

    def _delete(self, task_id: str, alias: str) -> None:
        """A task's message record goes with its row."""
        with transaction.atomic(using=alias):
            self._tasks(alias, task_id).delete()
            message.discard([codec.stored_id(task_id)], using=alias)

    def _tasks(self, alias: str, task_id: str) -> Any:
        return self.TaskModel._default_manager.using(alias).filter(task_id=codec.stored_id(task_id))

    # Groups

    def _save_group(self, group_id: str, group_result: Any) -> Any:
        content = self.encode_content(group_result.as_tuple())
        store = self.GroupModel._default_manager.store_group_result
        self.on_groups(lambda alias: store(*content[:2], group_id, content[2], using=alias))
        return group_result

    def _restore_group(self, group_id: str) -> dict[str, Any] | None:
        row = self.on_groups(lambda alias: self._groups(alias, group_id).first(), outages.READ_SECONDS)
        if not row:
            return None
        members = self.decode_content(row, row.result)
        result = result_from_tuple(members, app=self.app) if members else None
        return {"result": result, "date_done": row.date_done, "task_id": group_id, "group_id": group_id}

    def _delete_group(self, group_id: str) -> None:
        self.on_groups(lambda alias: self._groups(alias, group_id).delete())

    def on_groups(self, operation: Callable[[str], T], seconds: float = outages.STORE_SECONDS) -> T:
        """Run `operation(alias)` where groups are stored, again where the database fails for a while."""
        alias = connections.alias_for_write(self.GroupModel, _alias_of_listeners(self.GroupModel))
        return outages.retrying(alias, operation, seconds)

    def _groups(self, alias: str, group_id: str) -> Any:
        return self.GroupModel._default_manager.using(alias).filter(group_id=codec.stored_id(group_id))

    def cleanup(self) -> None:
        """Delete what has expired; Celery's beat calls this once a day."""
        self.sweep_chords()
        self.prune(retention.Ages.configured(self.expires, self.app.conf))

    def prune(self, ages: retention.Ages, batches: Batches | None = None) -> retention.Pruned:
        """Delete all that has outlived its age. A manager that deletes in its own way is asked to, and not counted."""
        manager = self.TaskModel._default_manager
        is_own = any(getattr(type(manager), name, None) is not getattr(ResultManager, name) for name in _EXPIRING)
        if is_own and ages.default and not (batches and batches.dry_run):
            manager.delete_expired(ages.default)
        return retention.prune(
            ages,
            batches=batches,
            task_model=self.TaskModel,
            group_model=self.GroupModel,
            with_tasks=not is_own,
        )


def _told(row: Any) -> dict[str, Any]:
    """What a project's model says by an `as_dict` of its own; encoded columns are decoded beside."""
    as_dict = getattr(type(row), "as_dict", TaskResult.as_dict)
    if as_dict is TaskResult.as_dict:
        return {}
    return {name: value for name, value in as_dict(row).items() if name not in _ENCODED}


def _alias_of_listeners(model: Any) -> str | None:
    """Django's own connection, where receivers of the model's signals must find the row; None where there are none."""
    listened = (signals.pre_save, signals.post_save, signals.pre_delete, signals.post_delete)
    return router.db_for_write(model) if any(signal.has_listeners(model) for signal in listened) else None
