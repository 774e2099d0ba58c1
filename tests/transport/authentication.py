"""Hooks that a project could name in `GRAPHQL_API["AUTHENTICATE"]`, and middlewares that it could have."""

from typing import Any, NoReturn

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def bearer(request: HttpRequest) -> User | None:
    """`Authorization: Bearer <username>` logs that user in: as good as a token for a test."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return User.objects.filter(username=token).first() if scheme == "Bearer" else None


def refusing(request: HttpRequest) -> NoReturn:
    """A hook that has seen a forged token."""
    raise PermissionDenied


def broken(request: HttpRequest) -> NoReturn:
    """A hook with an error in it."""
    raise RuntimeError("the secret is 42")


def certificate(get_response: Any) -> Any:
    """A middleware for users whom the web server knows, by a certificate that their browsers send by themselves."""

    def middleware(request: HttpRequest) -> Any:
        if name := request.headers.get("X-Certificate"):
            request.user = User.objects.get(username=name)
        return get_response(request)

    return middleware


def policy(get_response: Any) -> Any:
    """A middleware with a Content-Security-Policy for answers that have none, as Django's own from 6.0 on."""

    def middleware(request: HttpRequest) -> Any:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", "default-src 'self'")
        return response

    return middleware
