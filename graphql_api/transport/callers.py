"""Who sent the request: the project's own hook for tokens, else Django's session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.module_loading import import_string

from django_celery_results.policy.viewer import Viewer
from graphql_api.conf import settings

from .refusals import Unauthenticated

_REPEATED = frozenset({"", "basic", "digest", "ntlm", "negotiate"})
"""Schemes of `Authorization` that browsers send again by themselves, once somebody has logged in."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who may ask, and whether they proved it in a way that no other site can make a browser repeat."""

    viewer: Viewer
    sent_token: bool


def caller(request: HttpRequest) -> Caller:
    """Who sent the request; `Unauthenticated` where nobody known did."""
    user = _by_token(request)
    viewer = _viewer(request, getattr(request, "user", None) if user is None else user)
    if not viewer.is_authenticated:
        raise _unauthenticated()
    return Caller(viewer=viewer, sent_token=user is not None and _sent_token(request))


def _sent_token(request: HttpRequest) -> bool:
    """Whether the client itself put a token into the request: the project's hook may have read a cookie."""
    scheme, *_ = request.headers.get("Authorization", "").replace(",", " ").split() or [""]
    return scheme.lower() not in _REPEATED


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


def _viewer(request: HttpRequest, user: Any) -> Viewer:
    return Viewer(user=user, remote_address=request.META.get("REMOTE_ADDR") or None)


def _unauthenticated() -> Unauthenticated:
    # RFC 9110 wants a challenge with every 401; "Session" is a scheme that makes no browser ask for a password.
    return Unauthenticated(headers={"WWW-Authenticate": "Bearer" if settings().authenticate else "Session"})
