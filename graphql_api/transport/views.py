"""The views, one for WSGI and one for ASGI: a request is admitted, its operation runs, its answer is written."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.core.exceptions import SuspiciousOperation
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from graphql_api.conf import settings
from graphql_api.engine import Context, Engine, GraphQLRequest, GraphQLResponse

from . import cross_site, responses
from .callers import caller
from .media import media_type, prefers_page
from .observing import report
from .page import page
from .reading import graphql_request
from .refusals import BadRequest, Failed, MethodNotAllowed, NotAcceptable, Refusal
from .telemetry import Tell, span

logger = logging.getLogger("graphql_api.errors")
View = TypeVar("View", bound=Callable[..., Any])
_METHODS = "GET, HEAD, OPTIONS, POST"


@dataclass(frozen=True, kw_only=True)
class Call:
    """An operation that was let in."""

    operation: GraphQLRequest
    context: Context
    started: float


def _mounted(view: View) -> View:
    """Cross-site requests are judged in `cross_site`; and actions commit before they publish, so no transaction may be
    open around the view, on whatever alias ATOMIC_REQUESTS is set."""
    for alias in connections.settings:
        view = transaction.non_atomic_requests(using=alias)(view)
    return csrf_exempt(view)


@_mounted
def graphql(request: HttpRequest) -> HttpResponse:
    """The service, for WSGI."""
    try:
        call = _admit(request)
        if isinstance(call, HttpResponse):
            return call
        with span(call.operation) as tell:
            return _finish(request, call, engine().execute(call.operation, call.context), tell)
    except Exception as error:  # noqa: BLE001 - whatever happens, clients of an API are answered in JSON
        return _failure(request, error)


@_mounted
async def graphql_async(request: HttpRequest) -> HttpResponse:
    """The service, for ASGI."""
    try:
        call = await sync_to_async(_admit)(request)
        if isinstance(call, HttpResponse):
            return call
        with span(call.operation) as tell:
            return _finish(request, call, await engine().execute_async(call.operation, call.context), tell)
    except Exception as error:  # noqa: BLE001 - as above
        return _failure(request, error)


def engine() -> Engine:
    """The engine that the project chose."""
    found: Engine = import_string(f"graphql_api.{settings().engine}.execution.engine")
    return found


def _admit(request: HttpRequest) -> Call | HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": _METHODS})
    if request.method not in ("GET", "HEAD", "POST"):
        raise MethodNotAllowed(headers={"Allow": _METHODS})
    if request.method != "POST" and settings().graphiql and prefers_page(request):
        return page(request)
    if media_type(request) is None:
        raise NotAcceptable
    known = caller(request)
    operation = graphql_request(request)
    if not known.sent_token:
        cross_site.check(request)
    context = Context(viewer=known.viewer, request=request)
    return Call(operation=operation, context=context, started=time.perf_counter())


def _finish(request: HttpRequest, call: Call, answer: GraphQLResponse, tell: Tell) -> HttpResponse:
    response = responses.of_answer(request, answer)
    seconds = time.perf_counter() - call.started
    tell(answer, seconds)
    report(call.operation, call.context, answer, seconds)
    return response


def _failure(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, Refusal):
        return responses.of_refusal(request, error)
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return responses.of_refusal(request, BadRequest())
    error_id = uuid.uuid4().hex
    logger.error("error %s at %s", error_id, request.path, exc_info=error)
    return responses.of_refusal(request, Failed(error_id))
