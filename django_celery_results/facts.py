"""What a request tells of its task, as columns. What it does not tell is left out, never stored as null."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any

from celery.utils.time import maybe_iso8601
from django.conf import settings
from django.utils import timezone

from .states import GENERATION_HEADER, pack_attempt

RETRY_HEADER = "dcr_retry_of"
"""Message header that names the task which a retry runs again."""
NO_ERROR: dict[str, Any] = {"error_type": None, "error_fingerprint": None}
_DELAYED = "celery_delayed"
_FRAME = re.compile(r'File "([^"]*)", line \d+, in (\S+)')
_FRAMES = 5
_MAX_INT = 2**31 - 1


def is_about(request: Any, task_id: str) -> bool:
    """Whether the request is this task's: helpers store the states of others with a request of their own."""
    request_id = getattr(request, "id", None)
    return request is not None and (request_id is None or str(request_id) == task_id)


def names_of(request: Any) -> dict[str, Any]:
    """What it is called and where it runs. The request of an unregistered task has its name in another place."""
    return _known(
        {
            "task_name": getattr(request, "task", None) or getattr(request, "name", None),
            "worker": getattr(request, "hostname", None),
            "periodic_task_name": header(request, "periodic_task_name"),
        }
    )


def origin_of(request: Any) -> dict[str, Any]:
    """Where it comes from: route and lineage."""
    delivery = getattr(request, "delivery_info", None) or {}
    return _known(
        {
            "queue": queue_of(delivery),
            "priority": _integer(delivery.get("priority")),
            "retries": _integer(getattr(request, "retries", None)),
            "eta": _time(getattr(request, "eta", None)),
            "root_id": getattr(request, "root_id", None),
            "parent_id": getattr(request, "parent_id", None),
            "group_id": getattr(request, "group", None),
            "retried_from": header(request, RETRY_HEADER),
        }
    )


def attempt_of(task_id: str, request: Any) -> int | None:
    """The number of the run that speaks through `request`, so packed that `<` orders runs; None if none does.

    A run speaks only for its own id: links of a failed chain and `update_state("other-id")` bring a foreign request.
    """
    delivery = getattr(request, "delivery_info", None)
    if not delivery or str(getattr(request, "id", None)) != str(task_id):  # a sender may have chosen a UUID
        return None
    return pack_attempt(
        generation=header(request, GENERATION_HEADER) or 0,
        nesting=getattr(request, "replaced_task_nesting", None) or 0,
        retries=getattr(request, "retries", None) or 0,
        redelivered=bool(delivery.get("redelivered")),
    )


def of_error(task_name: str | None, result: Any, traceback: Any) -> dict[str, Any]:
    """The type of an error, and a fingerprint that is equal for errors of one kind at one place."""
    error_type = type_of_error(result)
    frames = [f"{'/'.join(path.split('/')[-2:])}:{function}" for path, function in _FRAME.findall(str(traceback or ""))]
    parts = (task_name or "", error_type or "", *frames[-_FRAMES:])
    digest = hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()
    return {"error_type": error_type, "error_fingerprint": digest}


def type_of_error(result: Any) -> str | None:
    """The qualified name of an exception, encoded by Celery or not; builtins go without their module."""
    if isinstance(result, BaseException):
        module: Any = type(result).__module__
        name = type(result).__qualname__
    elif isinstance(result, dict) and result.get("exc_type"):
        module, name = result.get("exc_module"), str(result["exc_type"])
    else:
        return None
    return name if module in (None, "builtins") else f"{module}.{name}"


def header(request: Any, name: str) -> Any:
    """A message header: an attribute of the request, an entry of its headers, or a property of older publishers."""
    for source in (getattr(request, "headers", None), getattr(request, "properties", None)):
        if isinstance(source, dict) and source.get(name) is not None:
            return source[name]
    return getattr(request, name, None)


def queue_of(delivery: dict[str, Any]) -> str | None:
    """The queue a message came through; Celery's native delayed delivery hides it at the end of a routing key."""
    key = delivery.get("routing_key")
    if key and str(delivery.get("exchange") or "").startswith(_DELAYED):
        return str(key).rsplit(".", 1)[-1]
    return str(key) if key else None


def _integer(value: Any) -> int | None:
    try:
        return max(-_MAX_INT, min(int(value), _MAX_INT)) if value is not None else None
    except (TypeError, ValueError, OverflowError):
        return None


def _time(value: Any) -> datetime | None:
    try:
        time = maybe_iso8601(value) if isinstance(value, str | datetime) else None
    except (TypeError, ValueError):
        return None
    if time is None or timezone.is_aware(time) is settings.USE_TZ:
        return time
    return timezone.make_aware(time) if settings.USE_TZ else timezone.make_naive(time)


def _known(told: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, (int, datetime)) else str(value)
        for name, value in told.items()
        if value is not None
    }
