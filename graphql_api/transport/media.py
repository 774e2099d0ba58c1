"""Which media type the answer takes, by the request's Accept header."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.http.request import MediaType

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"

# Whoever accepts anything is an older client, which expects 200 and `application/json`.
_OFFERED = (JSON, GRAPHQL)


def media_type(request: HttpRequest) -> str | None:
    """The type the client likes best of those it accepts; None where it accepts none of ours."""
    return _best(request, _OFFERED)


def prefers_page(request: HttpRequest) -> bool:
    """Whether a browser asks for a page to look at: programs do not name HTML."""
    return HTML in request.headers.get("Accept", "") and _best(request, (HTML, *_OFFERED)) == HTML


def _best(request: HttpRequest, offered: Sequence[str]) -> str | None:
    return next((name for wanted in _accepted(request) for name in offered if _matches(wanted, name)), None)


def _accepted(request: HttpRequest) -> list[MediaType]:
    try:
        return request.accepted_types
    except ValueError:  # a parameter in an encoding that does not exist
        return [MediaType("*/*")]


def _matches(wanted: MediaType, name: str) -> bool:
    """Parameters do not count: clients write `application/json; charset=utf-8`, and that is what they get."""
    main, _, sub = name.partition("/")
    return wanted.main_type in ("*", main) and wanted.sub_type in ("*", sub)
