"""From an HTTP request to a GraphQL request, as the GraphQL-over-HTTP specification sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from graphql_api.conf import settings
from graphql_api.engine import GraphQLRequest

from .encoding import decode
from .refusals import BadRequest, TooLarge, UnsupportedMediaType

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_UTF8 = ("utf-8", "utf8")


def graphql_request(request: HttpRequest) -> GraphQLRequest:
    """The operation in a GET or POST request, or a `Refusal`."""
    if request.method != "POST":
        return _checked(_unpacked(request.GET), allows_mutation=False)
    check_type(request)
    _check_length(_announced(request))
    try:
        return _checked(_from_json(request) if request.content_type == JSON else _unpacked(request.POST))
    except RequestDataTooBig as error:
        raise TooLarge from error


def check_type(request: HttpRequest) -> None:
    """Only types that browsers cannot send across sites unasked, and forms, which need a token."""
    charset = (request.content_params or {}).get("charset", "utf-8")
    if request.content_type not in (JSON, FORM) or charset.lower() not in _UTF8:
        raise UnsupportedMediaType(headers={"Accept": JSON})


def _announced(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise BadRequest("The header Content-Length is no number: leave it to your HTTP client.") from error


def _from_json(request: HttpRequest) -> Mapping[str, Any]:
    _check_length(len(request.body))
    body = _decoded(request.body, "The body")
    if isinstance(body, list):
        raise BadRequest("Batches are not supported: send one operation per request.")
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object with `query`, and perhaps `variables` and `operationName`.")
    return body


def _check_length(length: int) -> None:
    most = settings().max_body_bytes
    if length > most:
        raise TooLarge(f"The body is larger than {most} bytes. Send less, or in several requests.")


def _unpacked(fields: Mapping[str, str]) -> Mapping[str, Any]:
    """The parameters of a query string or a form, where objects are JSON in a field."""
    found: dict[str, Any] = {name: fields[name] for name in ("query", "operationName") if name in fields}
    for name in ("variables", "extensions"):
        if fields.get(name):
            found[name] = _decoded(fields[name].encode(errors="surrogatepass"), f"`{name}`")
    return found


def _decoded(text: bytes, what: str) -> Any:
    try:
        return decode(text)
    except ValueError as error:
        raise BadRequest(f"{what} is not valid JSON in UTF-8.") from error


def _checked(given: Mapping[str, Any], *, allows_mutation: bool = True) -> GraphQLRequest:
    query = given.get("query")
    if not isinstance(query, str) or not query:
        raise BadRequest("Send the document as a string in `query`.")
    _parameter(given, "extensions", dict, "an object")
    return GraphQLRequest(
        query=query,
        variables=_parameter(given, "variables", dict, "an object"),
        operation_name=_parameter(given, "operationName", str, "a string") or None,
        allows_mutation=allows_mutation,
    )


def _parameter(given: Mapping[str, Any], name: str, kind: type, words: str) -> Any:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        raise BadRequest(f"`{name}` must be {words} or null.")
    return value
