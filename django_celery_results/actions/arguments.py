"""Whether the arguments of a retry fit the task's function, as it is today."""

from __future__ import annotations

import inspect
from typing import Any

from celery import Task
from celery.app.trace import task_has_custom

from django_celery_results.message_codec import Message

from .celery_app import is_built_in
from .outcome import ErrorCode, refuse
from .overrides import RetryOverrides

_MAX_TEXT = 200


def check_arguments(task: Task[Any, Any], before: Message, message: Message, overrides: RetryOverrides) -> None:
    """Refuse arguments that the task does not take.

    Args:
        task: The task as it is registered now.
        before: What it was sent with.
        message: What would be sent, the overrides applied.
        overrides: What the sender of the retry changed.
    """
    path = ("overrides", "args" if overrides.args is not None else "kwargs") if overrides.changes_arguments else ()
    if path and is_built_in(task):
        refuse(
            ErrorCode.INVALID_INPUT,
            f"{task.name} is one of Celery's own tasks, whose arguments say what else is run: leave them as they are.",
            path=path,
        )
    signature = _signature(task)
    if not task.typing or signature is None:
        return
    misfit = _misfit(signature, message)
    # A decorator may bring or take arguments of its own: then those that the task was sent with do not fit either.
    if misfit is None or (_may_change_arguments(task) and misfit == _misfit(signature, before)):
        return
    changed = "The new arguments do not" if path else "The arguments it was sent with no longer"
    shown = misfit if len(misfit) <= _MAX_TEXT else f"{misfit[:_MAX_TEXT]}…"
    refuse(
        ErrorCode.INVALID_INPUT,
        f"{changed} fit {task.name}({_names(signature)}): {shown}. Give args and kwargs that do.",
        path=path,
    )


def _signature(task: Task[Any, Any]) -> inspect.Signature | None:
    """The parameters of the function itself, whatever wraps it; a bound task's `self` is none of them."""
    try:
        return inspect.signature(task.run)
    except (TypeError, ValueError):
        return None


def _misfit(signature: inspect.Signature, message: Message) -> str | None:
    """What does not fit, by the names of parameters; never a value, which may be a secret."""
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    if inspect.Parameter.VAR_KEYWORD not in kinds:
        unknown = [name for name in message.kwargs if name not in signature.parameters]
        if unknown:
            return f"it has no parameter {', '.join(map(repr, sorted(unknown)))}"
    try:
        signature.bind(*message.args, **message.kwargs)
    except TypeError as error:
        return str(error)
    return None


def _may_change_arguments(task: Task[Any, Any]) -> bool:
    """Whether something of the project's own stands between the message and the function."""
    if task_has_custom(task, "__call__"):
        return True
    run = inspect.unwrap(task.run, stop=lambda each: not _is_celerys(each))
    return hasattr(run, "__wrapped__")


def _is_celerys(function: Any) -> bool:
    """Whether it is a wrapper of Celery's, which hands on what it is given: `autoretry_for`, `pydantic`."""
    return bool(getattr(function, "__globals__", {}).get("__name__", "").startswith("celery."))


def _names(signature: inspect.Signature) -> str:
    """Parameter names alone: defaults may be secrets."""
    stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}
    return ", ".join(stars.get(known.kind.name, "") + known.name for known in signature.parameters.values())
