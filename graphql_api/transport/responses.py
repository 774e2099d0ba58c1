"""From an answer, or a refusal, to an HTTP response in the shape that the specification gives each media type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from graphql_api.engine import GraphQLResponse

from .encoding import encode
from .media import GRAPHQL, JSON, media_type
from .refusals import MethodNotAllowed, Refusal


def of_answer(request: HttpRequest, answer: GraphQLResponse) -> HttpResponse:
    """The response to an operation that ran, or that the engine refused to run."""
    if not answer.is_request_error:
        return _response(request, 200, _payload(answer))
    if answer.errors[0]["extensions"]["code"] == MethodNotAllowed.code:
        return _response(request, 405, _payload(answer), {"Allow": "POST"})
    # Clients that know only application/json take any other status for a failure of the network.
    return _response(request, 400 if media_type(request) == GRAPHQL else 200, _payload(answer))


def of_refusal(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The response to a request that was no operation."""
    error = {"message": refusal.message, "extensions": refusal.extensions}
    return _response(request, refusal.status, {"errors": [error]}, refusal.headers)


def _payload(answer: GraphQLResponse) -> dict[str, Any]:
    payload: dict[str, Any] = {"errors": answer.errors} if answer.errors else {}
    if not answer.is_request_error:
        payload["data"] = answer.data
    if answer.extensions:
        payload["extensions"] = answer.extensions
    return payload


def _response(
    request: HttpRequest, status: int, payload: dict[str, Any], headers: Mapping[str, str] | None = None
) -> HttpResponse:
    kind = media_type(request) or JSON
    response = HttpResponse(encode(payload), status=status, content_type=f"{kind}; charset=utf-8", headers=headers)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(response, ("Accept",))
    return response
