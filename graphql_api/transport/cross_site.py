"""Requests that another web site may have made its visitor's browser send.

Browsers ask first (a preflight) before they send JSON or a custom header to another site, and say who sent a request
(Sec-Fetch-Site, Origin). What neither protects needs Django's CSRF token, without a cookie too: browsers also repeat
passwords and certificates that they were once given. A client that sends a token of its own in
the header Authorization of each request needs none of this: no other site has that token.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.http import is_same_domain

from .reading import JSON
from .refusals import CSRFRefused

_PREFLIGHT_HEADERS = ("Apollo-Require-Preflight", "GraphQL-Require-Preflight", "X-Requested-With")


def check(request: HttpRequest) -> None:
    """Raise `CSRFRefused` unless the request is safe from other sites."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and not _is_trusted(request.headers.get("Origin", "")):
        raise CSRFRefused("Requests from other sites are refused. Name trusted ones in CSRF_TRUSTED_ORIGINS.")
    if request.method == "POST" and not _is_preflighted(request) and not _has_token(request):
        raise CSRFRefused


def _is_preflighted(request: HttpRequest) -> bool:
    return request.content_type == JSON or any(request.headers.get(name) for name in _PREFLIGHT_HEADERS)


def _is_trusted(origin: str) -> bool:
    scheme, _, host = origin.partition("://")
    trusted = (known.partition("://") for known in django_settings.CSRF_TRUSTED_ORIGINS)
    return any(scheme == known and is_same_domain(host, pattern.lstrip("*")) for known, _, pattern in trusted)


class _Check(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return HttpResponse(status=403)


def _has_token(request: HttpRequest) -> bool:
    check = _Check(_nothing)
    check.process_request(request)
    return check.process_view(request, _nothing, (), {}) is None


def _nothing(_: HttpRequest) -> HttpResponse:
    return HttpResponse()
