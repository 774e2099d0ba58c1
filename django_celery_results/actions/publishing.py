"""Sending a message record: the one place where a task goes out to the broker."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from celery import Celery, Task
from celery.app.routes import Router
from kombu.exceptions import OperationalError

from django_celery_results.message_codec import Message

from .outcome import ErrorCode, Refusal

logger = logging.getLogger(__name__)

# A connection that died idle in the pool is replaced once; a broker that is down is reported within a second or two.
_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0.1, "interval_max": 0.2}
_DELAYED_EXCHANGE = "celery_delayed"
_UNREACHABLE = (OperationalError, OSError, EOFError)


def publish(app: Celery, task_id: str, message: Message) -> None:
    """Send the message under this id, past `task_routes`: it goes where it went before."""
    task: Task[Any, Any] = app.tasks[message.task_name]
    options = {
        "task_id": task_id,
        "serializer": message.serializer,
        "retries": 0,
        "add_to_parent": False,
        "ignore_result": False,
        "router": Router([], app.amqp.queues, app.conf.task_create_missing_queues, app=app),
        "retry_policy": _RETRY_POLICY,
        **_embedded(message.embedded),
        **_destination(message.options),
        **_limits(task, message.options),
        **_headers(task_id, message.options),
    }
    task.apply_async(message.args, message.kwargs, **options)  # type: ignore[arg-type] # Celery takes lists too


def explain(error: Exception, message: Message) -> Refusal:
    """Why sending failed, for the operator."""
    logger.warning("Sending %s failed", message.task_name, exc_info=error)
    if isinstance(error, _UNREACHABLE):
        return Refusal(
            code=ErrorCode.BROKER_UNREACHABLE,
            message="The broker cannot be reached; nothing was sent. Try again when it is back.",
        )
    return Refusal(
        code=ErrorCode.INVALID_INPUT,
        message=f"Celery did not take the message ({type(error).__name__}); nothing was sent. The log says more.",
    )


def destination(options: Mapping[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Queue, or else exchange and routing key, that a message goes to."""
    if queue := options.get("queue"):
        return queue, None, None
    delivery = options.get("delivery") or {}
    exchange, routing_key = delivery.get("exchange"), delivery.get("routing_key")
    if exchange and str(exchange).startswith(_DELAYED_EXCHANGE):
        # Native delayed delivery wrapped it: the last part of its routing key names the queue.
        return str(routing_key).rpartition(".")[2], None, None
    return (None, exchange, routing_key) if exchange else (routing_key or None, None, None)


def _embedded(embedded: Mapping[str, Any]) -> dict[str, Any]:
    names = {"link": "callbacks", "link_error": "errbacks", "chain": "chain", "chord": "chord"}
    return {option: embedded.get(name) for option, name in names.items() if embedded.get(name)}


def _destination(options: Mapping[str, Any]) -> dict[str, Any]:
    queue, exchange, routing_key = destination(options)
    priority = (options.get("delivery") or {}).get("priority")
    given = {"queue": queue, "exchange": exchange, "routing_key": routing_key, "priority": priority}
    return {name: value for name, value in given.items() if value is not None}


def _limits(task: Task[Any, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The class's time limits win: the message may hold the class's limit of its day, the one that was at fault."""
    hard, soft = options.get("timelimit") or (None, None)
    limits = {
        "time_limit": hard if task.time_limit is None else None,
        "soft_time_limit": soft if task.soft_time_limit is None else None,
        "eta": options.get("eta"),
        "expires": options.get("expires"),
        "compression": options.get("compression"),
    }
    return {name: value for name, value in limits.items() if value is not None}


def _headers(task_id: str, options: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "shadow": "shadow", "argsrepr": "argsrepr", "kwargsrepr": "kwargsrepr", "parent_id": "parent_id",
        "group_id": "group", "group_index": "group_index", "replaced_task_nesting": "replaced_task_nesting",
    }  # fmt: skip
    headers = {option: options[name] for option, name in names.items() if options.get(name) is not None}
    headers["root_id"] = options.get("root_id") or task_id
    headers["headers"] = dict(options.get("headers") or {})
    stamped = options.get("stamped_headers") or []
    stamps = options.get("stamps") or {}
    if stamped:
        headers.update(stamped_headers=list(stamped), **{name: stamps.get(name) for name in stamped})
    return headers
