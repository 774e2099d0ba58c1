"""Results in the Django database: Celery's backend protocol over the tables of this package."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from celery import states
from celery.backends.base import BaseDictBackend  # type: ignore[attr-defined]
from celery.result import result_from_tuple
from django.db import DatabaseError, transaction
from kombu.exceptions import DecodeError, EncodeError
from kombu.serialization import loads

from django_celery_results import codec, connections, facts, retention
from django_celery_results.managers import TaskResultManager, beside
from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.querysets import Companion, StateChange
from django_celery_results.states import attempt_of
from django_celery_results.utils import now

EXCEPTIONS_TO_CATCH = (DatabaseError,)
UNKNOWN = dict.fromkeys(
    ("args", "children", "date_done", "kwargs", "result", "task_args", "task_id", "task_kwargs", "task_name",
     "traceback", "worker", "name", "retries", "queue", "group_id", "parent_id"),
)  # fmt: skip


class DatabaseBackend(BaseDictBackend):  # type: ignore[misc]
    """Override `TaskModel` or `GroupModel` to store in models of your own."""

    TaskModel: Any = TaskResult
    GroupModel: Any = GroupResult
    subpolling_interval = 0.5
    supports_result_compression = True

    def exception_safe_to_retry(self, exc: BaseException) -> bool:
        return connections.is_retryable(exc)

    # Where

    def alias_for_write(self, using: str | None = None) -> str:
        """The one place that decides which connection states, chord parts and message records are written on."""
        return connections.alias_for_write(self.TaskModel, using)

    def alias_for_read(self) -> str:
        return connections.alias_for_read(self.TaskModel)

    def writing(self, operation: Callable[[str], Any], using: str | None = None) -> Any:
        """Run `operation(alias)`, again where the database fails for a while."""
        return connections.retrying(self.alias_for_write(using), operation, connections.STORE_SECONDS)

    def reading(self, operation: Callable[[str], Any]) -> Any:
        """Run `operation(alias)` once more where the connection turns out to be lost."""
        return connections.retrying(self.alias_for_read(), operation, connections.READ_SECONDS)

    # Storing

    def _store_result(
        self,
        task_id: str,
        result: Any,
        status: str | None = None,
        traceback: Any = None,
        request: Any = None,
        using: str | None = None,
        *,
        state: str | None = None,
        companion: Companion | None = None,
    ) -> Any:
        """Store a state. `companion` stands or falls with it; versions of Celery call the state by either name."""
        change = self._change(str(task_id), result, str(status or state), traceback, request)
        self.writing(lambda alias: self._write(change, alias, companion), using)
        return result

    def _write(self, change: StateChange, alias: str, companion: Companion | None) -> None:
        manager = self.TaskModel._default_manager
        if _stores_as_we_do(manager):
            TaskResultManager.write(manager, change, using=alias, companion=companion)
            return
        with transaction.atomic(using=alias), beside(change):
            manager.store_result(**_as_keywords(change), using=alias)

    def _change(self, task_id: str, result: Any, status: str, traceback: Any, request: Any) -> StateChange:
        content_type, content_encoding, text = self._encode_any(result, status)
        known: dict[str, Any] = {
            "content_type": content_type,
            "content_encoding": content_encoding,
            "result": text,
            "traceback": None if traceback is None else str(traceback),
        }
        if facts.is_about(request, task_id):
            known |= facts.of_task(request) | self._get_extended_properties(request, traceback)
            known["meta"] = self._get_meta_from_request(request)
        if status == states.STARTED:
            known["date_started"] = now()
        failed = status in states.EXCEPTION_STATES
        known |= facts.of_error(known.get("task_name"), result, traceback) if failed else facts.NO_ERROR
        return StateChange(task_id=task_id, status=status, known=known, attempt=attempt_of(task_id, request))

    def _get_extended_properties(self, request: Any, traceback: Any) -> dict[str, Any]:
        """The arguments' representations, with Celery's `result_extended` only: they may hold what is private."""
        if not self.app.conf.find_value_for_key("extended", "result"):
            return {}
        shown = {
            "task_args": getattr(request, "argsrepr", None) or getattr(request, "args", None),
            "task_kwargs": getattr(request, "kwargsrepr", None) or getattr(request, "kwargs", None),
        }
        return {name: self._encode_shown(value) for name, value in shown.items() if value is not None}

    def _get_meta_from_request(self, request: Any = None) -> str:
        """JSON of the children, and of what the task itself put into `request.meta`."""
        meta = {"children": self.current_task_children(request) or []}
        own = getattr(request, "meta", None)
        return json.dumps(meta | own if isinstance(own, dict) else meta, default=repr)

    def encode_content(self, data: Any) -> tuple[str, str, str]:
        """Content type, content encoding and text of a value."""
        payload = self.encode(data)
        compressed = isinstance(payload, bytes) and bool(self.compression_of())
        content_encoding = codec.BINARY if compressed else self.content_encoding
        return self.content_type, content_encoding, codec.to_text(payload, content_encoding)

    def compression_of(self) -> str | None:
        """Celery 5.7 compresses results where its settings ask for it."""
        return getattr(self, "compression", None)

    def _encode_any(self, result: Any, status: str) -> tuple[str, str, str]:
        try:
            return self.encode_content(result)
        except EncodeError:
            if status not in states.EXCEPTION_STATES:
                raise  # Celery stores this very error as the task's failure
            return self.encode_content({"exc_type": type(result).__name__, "exc_message": [repr(result)]})

    def _encode_shown(self, value: Any) -> str:
        try:
            return codec.encode(value, self.serializer)[2]
        except EncodeError:
            return codec.encode(repr(value), self.serializer)[2]

    # Reading

    def _get_task_meta_for(self, task_id: str) -> dict[str, Any]:
        row = self.reading(lambda alias: self.TaskModel._default_manager.using(alias).filter(task_id=task_id).first())
        return self._meta_of(row) if row else {**UNKNOWN, "status": states.PENDING, "task_id": task_id}

    def _meta_of(self, row: Any) -> dict[str, Any]:
        """Celery's meta dictionary of a row. What a task put into its meta never hides a column."""
        own = codec.peek(row.meta).value
        meta = dict(own) if isinstance(own, dict) else {}
        meta.setdefault("children", [])
        meta |= {
            "task_id": row.task_id,
            "status": row.status,
            "result": self.decode_content(row, row.result),
            "date_done": row.date_done,
            "traceback": row.traceback,
            "task_args": row.task_args,
            "task_kwargs": row.task_kwargs,
            "task_name": row.task_name,
            "worker": row.worker,
            "args": self._decode_shown(row, row.task_args),
            "kwargs": self._decode_shown(row, row.task_kwargs),
            "name": row.task_name,
            "queue": getattr(row, "queue", None),
            "retries": getattr(row, "retries", None),
            "group_id": getattr(row, "group_id", None),
            "parent_id": getattr(row, "parent_id", None),
        }
        return self.meta_from_decoded(meta)  # type: ignore[no-any-return]

    def decode_content(self, obj: Any, content: str | None) -> Any:
        """The value of a text column, read as its row says it was written."""
        if not content:
            return None
        payload = codec.from_text(content, obj.content_encoding)
        return loads(codec.decompressed(payload), obj.content_type, obj.content_encoding, accept=self.accept)

    def _decode_shown(self, row: Any, text: str | None) -> Any:
        try:
            return self.decode_content(row, text)
        except (DecodeError, ValueError):
            return text  # rows of the first versions, and of projects' own hooks, hold a bare representation

    def task_result_exists(self, task_id: str) -> bool:
        """Whether the task has a row, a queued one included."""
        return bool(
            self.reading(lambda alias: self.TaskModel._default_manager.using(alias).filter(task_id=task_id).exists())
        )

    def _forget(self, task_id: str) -> None:
        self.writing(lambda alias: self.TaskModel._default_manager.using(alias).filter(task_id=task_id).delete())

    def cleanup(self) -> None:
        """Delete what has expired; Celery's beat calls this once a day."""
        ages = retention.Ages.configured(self.expires)
        retention.prune(ages, task_model=self.TaskModel, group_model=self.GroupModel)

    # Groups

    def _save_group(self, group_id: str, group_result: Any) -> Any:
        content_type, content_encoding, text = self.encode_content(group_result.as_tuple())
        self.writing(
            lambda alias: self.GroupModel._default_manager.store_group_result(
                content_type, content_encoding, group_id, text, using=alias
            )
        )
        return group_result

    def _restore_group(self, group_id: str) -> dict[str, Any] | None:
        row = self.writing(
            lambda alias: self.GroupModel._default_manager.using(alias).filter(group_id=group_id).first()
        )
        if not row:
            return None
        members = self.decode_content(row, row.result)
        result = result_from_tuple(members, app=self.app) if members else None
        return {"result": result, "date_done": row.date_done, "task_id": group_id, "group_id": group_id}

    def _delete_group(self, group_id: str) -> None:
        self.writing(lambda alias: self.GroupModel._default_manager.using(alias).filter(group_id=group_id).delete())


def _stores_as_we_do(manager: Any) -> bool:
    return getattr(type(manager), "store_result", None) is TaskResultManager.store_result


def _as_keywords(change: StateChange) -> dict[str, Any]:
    """The fixed keyword list of the 2.x package."""
    names = ("content_type", "content_encoding", "result", "traceback", "meta", "periodic_task_name", "task_name",
             "task_args", "task_kwargs", "worker")  # fmt: skip
    return {"task_id": change.task_id, "status": change.status} | {name: change.known.get(name) for name in names}
