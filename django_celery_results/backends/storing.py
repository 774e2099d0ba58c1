"""Storing states: from what Celery hands over to one guarded write, with all that stands or falls with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

from celery import current_task, states
from celery.backends.base import BaseDictBackend  # type: ignore[attr-defined]
from django.db import DatabaseError, router, transaction
from django.db import connections as django_connections
from django.utils.timezone import now
from kombu.exceptions import EncodeError

from django_celery_results import codec, connections, facts, message, outages
from django_celery_results.conf import settings
from django_celery_results.facts import attempt_of
from django_celery_results.managers import TaskResultManager, beside
from django_celery_results.models import TaskResult
from django_celery_results.querysets import saves_itself
from django_celery_results.state_changes import Companion, SelfStored, StateChange, refuses_text
from django_celery_results.states import status_of

from .old_signatures import as_keywords, takes
from .outcome import OutcomeMixin, self_stored_by
from .started import held_starts, tables_of
from .too_large import fitting

T = TypeVar("T")
_OUTCOME = ("result", "traceback")
"""Columns that are also emptied; the others keep what they hold where nothing is known."""
_OF_CELERY = {"pid", "hostname"}
"""What Celery itself stores with STARTED."""


class StoringMixin(OutcomeMixin, BaseDictBackend):  # type: ignore[misc]
    """The writing half of the backend."""

    TaskModel: Any = TaskResult

    def exception_safe_to_retry(self, exc: BaseException) -> bool:
        return outages.is_retryable(exc)

    def alias_for_write(self, using: str | None = None) -> str:
        """The one place that decides which connection states, chord parts and message records are written on."""
        if connections.is_worker() and self.stores_by_statement:
            return connections.alias_for_write(self.TaskModel, using)
        return using or router.db_for_write(self.TaskModel)  # listeners must find the row on their own connection

    @property
    def stores_by_statement(self) -> bool:
        """Whether nobody listens to the model being saved."""
        manager = self.TaskModel._default_manager
        own = getattr(type(manager), "store_result", None) is TaskResultManager.store_result
        return own and not saves_itself(self.TaskModel, router.db_for_write(self.TaskModel))

    @property
    def takes_companions(self) -> bool:
        """Whether a subclass's own `_store_result`, with the signature of the 2.x package, is not in the way."""
        return takes(type(self)._store_result, "companion")

    def writing(self, operation: Callable[[str], T], using: str | None = None) -> T:
        """Run `operation(alias)`, again where the database fails for a while."""
        return outages.retrying(self.alias_for_write(using), operation, outages.STORE_SECONDS)

    def store_result(
        self, task_id: str, result: Any, state: str, traceback: Any = None, request: Any = None, **kwargs: Any
    ) -> Any:
        """A subclass's own `_store_result` may hand the manager what the 2.x package did: the run goes beside it."""
        if self.takes_companions:
            return super().store_result(task_id, result, state, traceback, request=request, **kwargs)
        attempt = attempt_of(task_id, request)
        self_stored = self_stored_by(task_id, status_of(state), request, attempt)
        with beside(StateChange(task_id=task_id, status=state, attempt=attempt, self_stored=self_stored)):
            return super().store_result(task_id, result, state, traceback, request=request, **kwargs)

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
        if not task_id:
            raise ValueError(f"task_id must not be empty, but it is {task_id!r}. A task called as a function has none.")
        task_id, status = str(task_id), status_of(status or state)
        by = attempt_of(task_id, request)
        self_stored = self_stored_by(task_id, status, request, by)
        record = message.change_for(
            app=self.app,
            task_id=task_id,
            status=status,
            request=request,
            attempt=by,
            has_failed=bool(self_stored and self_stored.date_done),
        )
        is_bare = by is not None and not (record or companion or using)
        if status == states.STARTED and is_bare and self._holds(task_id, result, request):
            return result
        change = _with_start(self.change(task_id, result, status, traceback, request, by), self_stored)
        self.writing(lambda alias: self._write(change, alias, companion, record), using)
        return result

    def store_queued(self, task_id: str, request: Any, record: message.Change | None = None) -> None:
        """Insert the row of a task that was published, with its record; nothing where a worker was faster."""
        told = self.change(task_id, None, states.PENDING, None, request)  # no run says this
        change = told._replace(known={**told.known, "result": None})
        # A transaction begun by hand tells nobody when it is committed, and the worker's write would wait for it.
        with connections.beside_transaction(self.alias_for_write()) as beside:
            outages.retrying(beside, lambda alias: self._write(change, alias, None, record), outages.READ_SECONDS)

    def _holds(self, task_id: str, result: Any, request: Any) -> bool:
        """Hold a run's STARTED back in a worker, where its next state is soon to be written by this process."""
        seconds = settings().merge_started_after
        if seconds <= 0 or not connections.is_worker():
            return False
        if not isinstance(result, dict) or not result.keys() <= _OF_CELERY:
            return False  # progress that a task reports under this name is shown at once
        alias = router.db_for_write(self.TaskModel)
        if not self.stores_by_statement or not connections.uses_django_backend(django_connections[alias]):
            return False  # the thread that writes it has a connection of its own
        date_started = now()

        def write() -> None:  # the columns are made only here, since few are ever written
            change = self.change(task_id, result, states.STARTED, None, request, attempt_of(task_id, request))
            known = {**change.known, "date_started": date_started}
            change = change._replace(known=known, is_first=_has_no_row(change))
            self.writing(lambda alias: self._write(change, alias, None, None))

        return held_starts().hold(task_id, date_started, seconds, write, tables_of(self.TaskModel))

    def _write(
        self, change: StateChange, alias: str, companion: Companion | None, record: message.Change | None
    ) -> None:
        try:
            self._write_once(change, alias, companion, record)
        except DatabaseError as error:
            if django_connections[alias].in_atomic_block:
                raise
            smaller = fitting(self, change, alias, companion, record, error)
            if not smaller and not refuses_text(error):
                raise
            change, companion, record = smaller or (change._replace(is_escaped=True), companion, record)
            self._write_once(change, alias, companion, record)

    def _write_once(
        self, change: StateChange, alias: str, companion: Companion | None, record: message.Change | None
    ) -> None:
        with transaction.atomic(using=alias) if record else nullcontext():
            is_taken = self._write_row(change, alias, companion)
            if is_taken and record:
                record.apply(alias)
        if not is_taken:
            self.note_refusal(change, alias)

    def note_refusal(self, change: StateChange, alias: str) -> None:
        """Called where the row refused a state: chords overrides it."""

    def _write_row(self, change: StateChange, alias: str, companion: Companion | None) -> bool:
        manager = self.TaskModel._default_manager
        if getattr(type(manager), "store_result", None) is TaskResultManager.store_result:
            return bool(manager.write(change, using=alias, companion=companion))
        with transaction.atomic(using=alias), beside(change):
            if companion:
                companion.run(django_connections[alias])
            manager.store_result(**as_keywords(change, type(manager).store_result), using=alias)
        return True

    def change(
        self, task_id: str, result: Any, status: str, traceback: Any, request: Any, attempt: int | None = None
    ) -> StateChange:
        """All that is known when this state is stored, as columns. `attempt`: of the run that says it."""
        content_type, content_encoding, text = self._encode_any(result, status)
        known: dict[str, Any] = {
            "content_type": content_type,
            "content_encoding": content_encoding,
            "result": text,
            "traceback": None if traceback is None else str(traceback),
        }
        if facts.is_about(request, task_id):
            known |= facts.origin_of(request) | self._get_extended_properties(request, traceback)
            known = {name: value for name, value in known.items() if value is not None or name in _OUTCOME}
            known["meta"] = self._encode_meta(request)
        failed = status in states.EXCEPTION_STATES
        known |= facts.of_error(known.get("task_name"), result, traceback) if failed else facts.NO_ERROR
        return StateChange(task_id=task_id, status=status, known=known, attempt=attempt)

    def _get_extended_properties(self, request: Any, traceback: Any) -> dict[str, Any]:
        """What subclasses read and change. The arguments may be private: with Celery's `result_extended` only."""
        shown = {
            "task_args": getattr(request, "argsrepr", None) or getattr(request, "args", None),
            "task_kwargs": getattr(request, "kwargsrepr", None) or getattr(request, "kwargs", None),
        }
        is_extended = self.app.conf.result_extended
        arguments = {
            name: self._encode_shown(value) if is_extended and value is not None else None
            for name, value in shown.items()
        }
        return {**facts.names_of(request), **arguments, "traceback": None if traceback is None else str(traceback)}

    def _get_meta_from_request(self, request: Any = None) -> dict[str, Any]:
        """What the task itself put into `request.meta`; subclasses add to it."""
        own = getattr(request or getattr(current_task, "request", None), "meta", None)
        return own if isinstance(own, dict) else {}

    def _encode_meta(self, request: Any) -> Any:
        """The children beside that, as text of the result's own encoding."""
        own, children = self._get_meta_from_request(request), self.current_task_children(request)
        if not own and not children:
            return self._encode_beside(codec.NO_CHILDREN)
        meta = {**own, "children": children or []}
        try:
            return self._encode_beside(meta)
        except EncodeError:
            return self._encode_beside(json.loads(json.dumps(meta, default=repr)))

    def encode_content(self, data: Any) -> tuple[str, str, str]:
        """Content type, content encoding and text of a value."""
        payload = self.encode(data)  # Celery 5.7 compresses it where its settings ask for that
        content_encoding = codec.BINARY if getattr(self, "compression", None) else self.content_encoding
        return self.content_type, content_encoding, codec.to_text(payload, content_encoding)

    def _encode_any(self, result: Any, status: str) -> tuple[str, str, str]:
        try:
            return self.encode_content(result)
        except EncodeError:
            if status not in states.EXCEPTION_STATES:
                raise  # Celery stores this very error as the task's failure
            return self.encode_content(self.prepare_exception(ValueError(repr(result)), "json"))

    def _encode_shown(self, value: Any) -> Any:
        try:
            return self._encode_beside(value)
        except EncodeError:
            return self._encode_beside(repr(value))

    def _encode_beside(self, value: Any) -> Any:
        """Text that is read back by the content type and encoding of the row's result, as the 2.x package reads it."""
        if type(self).encode_content is not StoringMixin.encode_content:
            return self.encode_content(value)[2]  # a project's own columns may take more than text
        text = codec.encode_beside(value, self.serializer)
        is_compressed = getattr(self, "compression", None) and self.content_encoding != codec.BINARY
        return codec.to_text(text, codec.BINARY) if is_compressed else text


def _with_start(change: StateChange, self_stored: SelfStored | None) -> StateChange:
    """The time of a STARTED that was held back goes with the next state, or that of the STARTED which this is."""
    held = held_starts().release(change.task_id)
    if held is None and change.status != states.STARTED:
        return change._replace(self_stored=self_stored) if self_stored else change
    known = {**change.known, "date_started": held.date_started if held else now()}
    is_first = held is not None and not held.is_due and _has_no_row(change)
    return change._replace(known=known, is_first=is_first, self_stored=self_stored)


def _has_no_row(change: StateChange) -> bool:
    """Whether a task whose STARTED was not written most likely has no row."""
    return change.attempt == 0 and not settings().track_queued
