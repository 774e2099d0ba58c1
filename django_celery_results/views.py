"""JSON about one task or group, for a page that polls. The shapes are those of the 2.x package.

Answers need the permission to view, and leave out what further permissions would show; `OPEN_VIEWS` answers anybody.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeAlias

from celery import states
from django.core.serializers.json import DjangoJSONEncoder
from django.http import JsonResponse

from . import polled
from .conf import settings
from .exceptions import Forbidden, Unauthenticated
from .policy.access import Action, policy, require
from .policy.viewer import SYSTEM, Viewer
from .web_viewer import viewer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from .polled import Polled

    _Answer: TypeAlias = Callable[[Viewer, str], dict[str, Any]]


class AnyEncoder(DjangoJSONEncoder):
    """Results may hold what JSON has no word for."""

    def default(self, o: Any) -> Any:
        try:
            return super().default(o)
        except (TypeError, ValueError):
            return policy().redact(repr(o))[0]


def _view(*actions: Action) -> Callable[[_Answer], Any]:
    def decorate(answer: _Answer) -> Any:
        @functools.wraps(answer)
        def view(request: HttpRequest, *args: str, **ids: str) -> JsonResponse:
            viewer = SYSTEM if settings().open_views else viewer_of(request)
            try:
                for action in actions:
                    require(viewer, action)
            except Unauthenticated as refusal:
                return JsonResponse({"error": refusal.message}, status=401)
            except Forbidden as refusal:
                return JsonResponse({"error": refusal.message}, status=403)
            return JsonResponse(answer(viewer, *args, *ids.values()), encoder=AnyEncoder)

        return view

    return decorate


@_view(Action.VIEW)
def is_task_successful(viewer: Viewer, task_id: str) -> dict[str, Any]:
    """`{"task": {"id", "executed"}}`"""
    return {"task": {"id": task_id, "executed": _is_successful(polled.tasks(viewer, [task_id])[0])}}


@_view(Action.VIEW)
def task_status(viewer: Viewer, task_id: str) -> dict[str, Any]:
    """`{"task": {"id", "status", "result"}}`, with `exc` and `traceback` where it went wrong."""
    task = polled.tasks(viewer, [task_id])[0]
    error = {"exc": task.error_type, "traceback": task.traceback} if task.status in states.EXCEPTION_STATES else {}
    return {"task": {"id": task_id, "status": task.status, "result": task.result, **error}}


@_view(Action.VIEW_GROUP, Action.VIEW)
def is_group_successful(viewer: Viewer, group_id: str) -> dict[str, Any]:
    """`{"group": {"id", "results": [{"id", "executed"}]}}`"""
    members = polled.members(viewer, group_id)
    return {
        "group": {
            "id": group_id,
            "results": [{"id": task.task_id, "executed": _is_successful(task)} for task in members],
        }
    }


@_view(Action.VIEW_GROUP, Action.VIEW)
def group_status(viewer: Viewer, group_id: str) -> dict[str, Any]:
    """`{"group": {"id", "results": [{"result", "status"}]}}`"""
    members = polled.members(viewer, group_id)
    return {"group": {"id": group_id, "results": [{"result": task.result, "status": task.status} for task in members]}}


def _is_successful(task: Polled) -> bool:
    return task.status == states.SUCCESS
