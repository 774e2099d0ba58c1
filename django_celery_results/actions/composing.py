"""From what a task was sent with to what its retry sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from celery import Celery
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from django_celery_results.message import HIDDEN_HEADER, RETRY_HEADER
from django_celery_results.message_codec import Message
from django_celery_results.states import TaskState

from .overrides import is_reserved

_KEPT_RESERVED = (HIDDEN_HEADER, "periodic_task_name")
_KEPT = ("delivery", "shadow", "timelimit", "compression")


def alone(app: Celery, message: Message, *, task_id: str, status: str) -> Message:
    """A message of its own: in no group, chord or chain; its error callbacks still hear of a failure."""
    return replace(
        message,
        embedded={"errbacks": message.embedded.get("errbacks")},
        options=_options(app, message.options, task_id=task_id, status=status),
    )


def _options(app: Celery, options: Mapping[str, Any], *, task_id: str, status: str) -> dict[str, Any]:
    headers = options.get("headers") or {}
    kept = {name: options[name] for name in _KEPT if name in options}
    kept["headers"] = {**own_headers(headers), RETRY_HEADER: task_id}
    if headers.get(HIDDEN_HEADER):
        kept.update((name, options[name]) for name in ("argsrepr", "kwargsrepr") if name in options)
    if status != TaskState.REVOKED:  # workers that revoked it by a stamp would revoke it again
        kept.update((name, options[name]) for name in ("stamped_headers", "stamps") if name in options)
    if (expires := options.get("expires")) and _is_ahead(app, expires):
        kept["expires"] = expires
    return kept


def own_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The headers that the sender gave, without those of Celery and the broker."""
    return {name: value for name, value in headers.items() if name in _KEPT_RESERVED or not is_reserved(name)}


def _is_ahead(app: Celery, expires: Any) -> bool:
    moment = expires if isinstance(expires, datetime) else parse_datetime(str(expires))
    if moment is None:
        return False
    return (timezone.make_aware(moment, app.timezone) if timezone.is_naive(moment) else moment) > timezone.now()
