"""What the JSON views tell of tasks: from our rows without unpickling, else from the backend that is configured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from celery import current_app, states
from celery.backends.base import DisabledBackend
from celery.result import GroupResult as CeleryGroupResult
from celery.utils import get_full_cls_name
from kombu.exceptions import DecodeError

from . import codec
from .models import GroupResult, TaskResult
from .policy.access import Action, policy
from .query.members import members as member_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .policy.viewer import Viewer

_IDS_PER_QUERY = 500


@dataclass(frozen=True, kw_only=True)
class Polled:
    """One task, as much of it as the viewer may see."""

    task_id: str
    status: str = states.PENDING
    result: Any = None
    error_type: str | None = None
    traceback: str | None = None


def tasks(viewer: Viewer, ids: Sequence[str]) -> list[Polled]:
    """One answer per id, in order; ids that are unknown or not visible are pending, as Celery says it."""
    backend = _foreign_backend()
    if backend:
        return [_from_meta(viewer, task_id, backend.get_task_meta(task_id)) for task_id in ids]
    found = {row.task_id: _from_row(viewer, row) for row in _rows(viewer, ids)}
    return [found.get(task_id) or Polled(task_id=task_id) for task_id in ids]


def members(viewer: Viewer, group_id: str) -> list[Polled]:
    """The members of a saved group; none where the group is unknown or not visible."""
    backend = _foreign_backend()
    if backend:
        group = CeleryGroupResult.restore(group_id, backend=backend)
        return tasks(viewer, list(_leaves(group))) if group else []
    model = getattr(current_app.backend, "GroupModel", GroupResult)
    saved = policy().visible_groups(model._default_manager.all(), viewer).filter(group_id=group_id).first()
    return tasks(viewer, (member_ids(saved) or ()) if saved else ())


def _foreign_backend() -> Any:
    """The result backend, where it keeps no rows of ours."""
    backend: Any = current_app.backend
    return None if hasattr(backend, "TaskModel") or isinstance(backend, DisabledBackend) else backend


def _rows(viewer: Viewer, ids: Sequence[str]) -> Iterator[TaskResult]:
    model = getattr(current_app.backend, "TaskModel", TaskResult)
    visible = policy().visible(model._default_manager.all(), viewer)
    for start in range(0, len(ids), _IDS_PER_QUERY):
        yield from visible.filter(task_id__in=ids[start : start + _IDS_PER_QUERY])


def _from_row(viewer: Viewer, row: TaskResult) -> Polled:
    value, name = _decoded(row), row.task_name
    is_error = row.status in states.EXCEPTION_STATES and isinstance(value, dict) and "exc_type" in value
    return Polled(
        task_id=row.task_id,
        status=row.status,
        result=_shown(viewer, Action.VIEW_PAYLOAD, _error_repr(value) if is_error else value, name, row),
        error_type=_error_path(value) if is_error else None,
        traceback=_shown(viewer, Action.VIEW_TRACEBACK, row.traceback, name, row),
    )


def _from_meta(viewer: Viewer, task_id: str, meta: dict[str, Any]) -> Polled:
    value, name = meta["result"], meta.get("name")  # Celery tells it with `result_extended` only
    is_error = isinstance(value, BaseException)
    return Polled(
        task_id=task_id,
        status=meta["status"],
        result=_shown(viewer, Action.VIEW_PAYLOAD, repr(value) if is_error else value, name),
        error_type=get_full_cls_name(type(value)) if is_error else None,
        traceback=_shown(viewer, Action.VIEW_TRACEBACK, meta.get("traceback"), name),
    )


def _shown(viewer: Viewer, action: Action, value: Any, task_name: str | None, row: TaskResult | None = None) -> Any:
    """Without its secrets; nothing, where the viewer lacks the permission."""
    if not policy().may(viewer, action, row):
        return None
    return policy().redact(value, task_name=task_name)[0]


def _decoded(row: TaskResult) -> Any:
    """JSON with Celery's own types, dates for example; null where only running the content would read it."""
    content_type = row.content_type or "application/json"  # rows that projects made themselves say nothing
    peeked = codec.peek(row.result, content_type, row.content_encoding)
    if not row.result or not peeked.is_shown:
        return None
    try:
        return codec.decode(row.result, content_type, row.content_encoding, [content_type])
    except DecodeError:
        return peeked.value  # it looks like one of Celery's types and is none


def _error_repr(stored: dict[str, Any]) -> str:
    """As `repr` of the exception that Celery would rebuild from it."""
    message = stored.get("exc_message")
    arguments = message if isinstance(message, list | tuple) else [message]
    return f"{stored['exc_type']}({', '.join(map(repr, arguments))})"


def _error_path(stored: dict[str, Any]) -> str:
    return ".".join(filter(None, (stored.get("exc_module"), str(stored["exc_type"]))))


def _leaves(group: CeleryGroupResult) -> Iterator[str]:
    for child in group.results or []:
        if isinstance(child, CeleryGroupResult):
            yield from _leaves(child)
        else:
            yield str(child.id)
