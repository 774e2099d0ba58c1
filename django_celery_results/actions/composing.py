"""From what a task was sent with to what its retry sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from celery import Celery
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from django_celery_results.facts import RETRY_HEADER
from django_celery_results.message import HIDDEN_HEADER
from django_celery_results.message_codec import Message
from django_celery_results.models import TaskResult
from django_celery_results.states import GENERATION_HEADER, TaskState, generation_of

from .overrides import is_reserved

_KEPT_RESERVED = (HIDDEN_HEADER, "periodic_task_name")
_KEPT = ("delivery", "shadow", "timelimit", "compression")
_PLACE = ("group", "group_index", "root_id", "parent_id", "replaced_task_nesting")


def alone(app: Celery, message: Message, task: TaskResult) -> Message:
    """A message of its own: in no group, chord or chain; its error callbacks still hear of a failure."""
    options = _options(app, message.options, task, {RETRY_HEADER: task.task_id})
    return replace(message, embedded={"errbacks": message.embedded.get("errbacks")}, options=options)


def link(app: Celery, message: Message, task: TaskResult) -> Message:
    """A link of a chain under a new id: the links after it keep theirs."""
    options = _options(app, message.options, task, {RETRY_HEADER: task.task_id}) | _place(message.options)
    if options.get("root_id") == task.task_id:
        del options["root_id"]  # it is the root itself, and so will its new id be
    return replace(message, options=options)


def member(app: Celery, message: Message, task: TaskResult) -> Message:
    """A member of a group or chord under its own id, one generation later: what its old run may still say is stale."""
    options = _options(app, message.options, task, {GENERATION_HEADER: next_generation(task)})
    return replace(message, options=options | _place(message.options))


def next_generation(task: TaskResult) -> int:
    """The generation that a reopened row and its message carry."""
    return generation_of(task.attempt) + 1


def own_headers(headers: Mapping[str, Any]) -> dict[str, Any]:
    """The headers that the sender gave, without those of Celery and the broker."""
    return {name: value for name, value in headers.items() if name in _KEPT_RESERVED or not is_reserved(name)}


def _options(app: Celery, options: Mapping[str, Any], task: TaskResult, marks: dict[str, Any]) -> dict[str, Any]:
    headers = options.get("headers") or {}
    names = list(_KEPT)
    if headers.get(HIDDEN_HEADER):
        names += ["argsrepr", "kwargsrepr"]
    if task.status != TaskState.REVOKED:  # workers that revoked it by a stamp would revoke it again
        names += ["stamped_headers", "stamps"]
    if _is_ahead(app, options.get("expires")):
        names.append("expires")
    kept = {name: options[name] for name in names if name in options}
    return kept | {"headers": own_headers(headers) | marks}


def _place(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in _PLACE if name in options}


def _is_ahead(app: Celery, expires: Any) -> bool:
    moment = expires if isinstance(expires, datetime) else parse_datetime(str(expires))
    if moment is None:
        return False
    # Django's own clock is naive in projects without `USE_TZ`.
    return (timezone.make_aware(moment, app.timezone) if timezone.is_naive(moment) else moment) > datetime.now(UTC)
