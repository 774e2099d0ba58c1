"""Functions for the setting `AUTHENTICATE`, and middlewares, as a project could have them."""

from typing import Any, NoReturn

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def bearer(request: HttpRequest) -> User | None:
    """Authenticate by `Authorization: Bearer <username>`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return User.objects.filter(username=token).first() if scheme == "Bearer" else None


def by_cookie(request: HttpRequest) -> User | None:
    """Authenticate by a cookie, which a browser sends by itself."""
    return User.objects.filter(username=request.COOKIES.get("token")).first()


def by_any_scheme(request: HttpRequest) -> User | None:
    """Authenticate by the user name after whatever scheme `Authorization` has."""
    token = request.headers.get("Authorization", "").partition(" ")[2]
    return User.objects.filter(username=token).first()


def refusing(request: HttpRequest) -> NoReturn:
    """Refuse every token."""
    raise PermissionDenied


def failing(request: HttpRequest) -> NoReturn:
    """Fail with an exception that names a secret."""
    raise RuntimeError("the secret is 42")


def certificate_middleware(get_response: Any) -> Any:
    """Authenticate by a certificate, which a browser sends to the web server by itself."""

    def middleware(request: HttpRequest) -> Any:
        if name := request.headers.get("X-Certificate"):
            request.user = User.objects.get(username=name)
        return get_response(request)

    return middleware


def content_security_policy_middleware(get_response: Any) -> Any:
    """Add a Content-Security-Policy to responses without one, as Django's own middleware does from 6.0 on."""

    def middleware(request: HttpRequest) -> Any:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", "default-src 'self'")
        return response

    return middleware
