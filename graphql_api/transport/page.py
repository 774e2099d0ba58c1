"""GraphiQL for browsers, from our own static files, under a policy that lets nothing else in."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.views.decorators.csrf import ensure_csrf_cookie

from graphql_api.conf import settings

from .callers import is_logged_in


def page(request: HttpRequest) -> HttpResponse:
    """GraphiQL, or the way to the login page."""
    response = _graphiql(request) if is_logged_in(request) else _to_login(request)
    patch_vary_headers(response, ("Accept",))
    add_never_cache_headers(response)
    return response


def _to_login(request: HttpRequest) -> HttpResponse:
    return redirect_to_login(request.get_full_path(), resolve_url(settings().login_url or django_settings.LOGIN_URL))


@ensure_csrf_cookie
def _graphiql(request: HttpRequest) -> HttpResponse:
    nonce = secrets.token_urlsafe(16)
    context = {
        "nonce": nonce,
        "endpoint": request.path,
        "default_query": render_to_string("graphql_api/default_query.graphql", request=request),
        "csrf_cookie": django_settings.CSRF_COOKIE_NAME,
        "csrf_header": django_settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-"),
        "csrf_token": get_token(request),
        "headers_editor": settings().authenticate is not None,
    }
    response = render(request, "graphql_api/graphiql.html", context)
    response["Content-Security-Policy"] = _policy(nonce)
    response["Referrer-Policy"] = "same-origin"
    return response


def _policy(nonce: str) -> str:
    files = _static_origin()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {files}",
            f"style-src {files} 'nonce-{nonce}'",
            f"img-src {files} data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _static_origin() -> str:
    """Where the project serves static files from, which may be another host."""
    address = urlsplit(static("graphql_api/graphiql.js"))
    return f"{address.scheme or 'https'}://{address.netloc}" if address.netloc else "'self'"
