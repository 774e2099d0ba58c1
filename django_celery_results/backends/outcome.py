"""Storing and reading the outcome of a run: how it ended. Both backends share it.

A task may store a final state itself and then go on. The outcome of that very run replaces it: Celery's request keeps
what the run has stored, and the guard of the write compares that with the row.
"""

from __future__ import annotations

from typing import Any

from celery import current_task
from celery.exceptions import SecurityError

from django_celery_results.exceptions import UnnamedFailure
from django_celery_results.facts import attempt_of, is_about
from django_celery_results.state_changes import SelfStored
from django_celery_results.states import FINAL, TaskState, state_of

_SELF_STORED = "dcr_self_stored"
"""The attribute of Celery's request that keeps what the run has stored."""
_ENDING = (*FINAL, TaskState.RETRY)


class OutcomeMixin:
    """Mark the end of a run, so that its outcome replaces what the task has stored itself."""

    def mark_as_done(self, task_id: str, result: Any, request: Any = None, *args: Any, **kwargs: Any) -> Any:
        _note_end(task_id, request)
        return super().mark_as_done(task_id, result, request, *args, **kwargs)  # type: ignore[misc]

    def mark_as_failure(
        self, task_id: str, exc: Any, traceback: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        _note_end(task_id, request)
        return super().mark_as_failure(task_id, exc, traceback, request, *args, **kwargs)  # type: ignore[misc]

    def mark_as_retry(
        self, task_id: str, exc: Any, traceback: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        _note_end(task_id, request)
        return super().mark_as_retry(task_id, exc, traceback, request, *args, **kwargs)  # type: ignore[misc]

    def exception_to_python(self, exc: Any) -> Any:
        """Return the stored exception; an `UnnamedFailure` around a value that names none, as tasks store themselves.

        Celery raises for such a value, so that not even the state of the task could be read.
        """
        if exc is None:
            return None
        try:
            return super().exception_to_python(exc) or UnnamedFailure(exc)  # type: ignore[misc]
        except SecurityError:
            raise  # the value names something else to be called
        except Exception:  # noqa: BLE001 - whatever a task has stored
            return UnnamedFailure(exc)


def self_stored_by(task_id: str, status: str, request: Any, attempt: int | None) -> SelfStored | None:
    """Return what the run that stores this state has stored before.

    Args:
        task_id: The task whose state is stored.
        status: The state that is stored.
        request: Celery's request; None: that of the task that runs here.
        attempt: The attempt of the request.

    Returns:
        None where the state ends no run, or where it is not stored by a run of the task.
    """
    if state_of(status) not in _ENDING:
        return None
    if request is None:
        request = getattr(current_task, "request", None)
        attempt = attempt_of(task_id, request)
    return _self_stored_of(request) if attempt is not None else None


def _note_end(task_id: str, request: Any) -> None:
    if is_about(request, str(task_id)):
        _self_stored_of(request).has_ended = True


def _self_stored_of(request: Any) -> SelfStored:
    self_stored: SelfStored | None = getattr(request, _SELF_STORED, None)
    if self_stored is None:
        self_stored = SelfStored()
        setattr(request, _SELF_STORED, self_stored)
    return self_stored
