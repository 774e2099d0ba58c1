"""Who looks at a page, and what the policy lets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .policy.access import policy
from .policy.viewer import Viewer

if TYPE_CHECKING:
    from django.http import HttpRequest

    from .models import TaskResult
    from .policy.access import Action

_ATTRIBUTE = "_admin_viewer"


def viewer_of(request: HttpRequest) -> Viewer:
    """The person behind the request; nobody, where no middleware asked who that is."""
    return Viewer(user=getattr(request, "user", None), remote_address=request.META.get("REMOTE_ADDR"))


def may(request: HttpRequest, action: Action, task: TaskResult | None = None) -> bool:
    """Whether the policy lets this person do it."""
    return policy().may(viewer_of(request), action, task)


def remember_viewer(row: Any, request: HttpRequest) -> Any:
    """Tie the viewer to a row: the methods that show a field are given the row only."""
    if row is not None:
        setattr(row, _ATTRIBUTE, viewer_of(request))
    return row


def remembered_viewer(row: Any) -> Viewer:
    """Who looks at this row; nobody, where no page was asked for it."""
    viewer: Viewer = getattr(row, _ATTRIBUTE, Viewer())
    return viewer
