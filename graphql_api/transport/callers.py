"""Who sent the request: the project's own hook for tokens, else Django's session."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.module_loading import import_string

from django_celery_results.policy.viewer import Viewer
from graphql_api.conf import settings

from . import cross_site
from .refusals import Unauthenticated


def viewer(request: HttpRequest) -> Viewer:
    """Who may ask; raises a `Refusal` for anonymous callers and for requests that another site may have sent."""
    user = _by_token(request)
    if user is not None:
        return _authenticated(request, user)
    found = _authenticated(request, getattr(request, "user", None))
    cross_site.check(request)
    return found


def is_logged_in(request: HttpRequest) -> bool:
    """Whether a browser has a session, and thus may be shown a page."""
    return _viewer(request, getattr(request, "user", None)).is_authenticated


def _by_token(request: HttpRequest) -> Any:
    """The user that the project's hook found in the request; None where it found none, or there is no hook."""
    path = settings().authenticate
    try:
        return import_string(path)(request) if path else None
    except PermissionDenied as error:
        raise _unauthenticated() from error


def _authenticated(request: HttpRequest, user: Any) -> Viewer:
    found = _viewer(request, user)
    if not found.is_authenticated:
        raise _unauthenticated()
    return found


def _viewer(request: HttpRequest, user: Any) -> Viewer:
    return Viewer(user=user, remote_address=request.META.get("REMOTE_ADDR") or None)


def _unauthenticated() -> Unauthenticated:
    # RFC 9110 wants a challenge with every 401; "Session" is a scheme that makes no browser ask for a password.
    return Unauthenticated(headers={"WWW-Authenticate": "Bearer" if settings().authenticate else "Session"})
