"""The tasks that the Celery app of this process knows, with their signatures: for pickers and forms."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from celery import Celery, Task

from django_celery_results.policy.access import Action, policy, require
from django_celery_results.policy.viewer import Viewer
from django_celery_results.registered_tasks import discover, is_unconfigured, known_app

from .plain import plain


class ParameterKind(StrEnum):
    """How a parameter is given; the names are those of Python's `inspect`."""

    POSITIONAL_ONLY = "POSITIONAL_ONLY"
    POSITIONAL_OR_KEYWORD = "POSITIONAL_OR_KEYWORD"
    VAR_POSITIONAL = "VAR_POSITIONAL"
    KEYWORD_ONLY = "KEYWORD_ONLY"
    VAR_KEYWORD = "VAR_KEYWORD"


@dataclass(frozen=True, kw_only=True)
class TaskParameter:
    """One parameter of a task's function."""

    name: str
    kind: ParameterKind
    annotation: str | None
    is_required: bool
    default: Any
    """As JSON, secrets hidden; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class RegisteredTask:
    """One task, by the name under which messages ask for it."""

    name: str
    doc: str | None
    max_retries: int | None
    rate_limit: str | None
    time_limit_seconds: float | None
    signature: tuple[TaskParameter, ...] | None
    """None where the function does not tell."""


def registered_tasks(viewer: Viewer, search: str = "") -> list[RegisteredTask]:
    """The project's tasks whose names have this in them, in any case, by name; Celery's own are left out."""
    require(viewer, Action.VIEW)
    app = known_app()
    if is_unconfigured(app):
        return []
    discover(app)
    names = [name for name in sorted(app.tasks) if not name.startswith("celery.")]
    return [_registered(app, app.tasks[name]) for name in names if search.lower() in name.lower()]


def _registered(app: Celery, task: Task[Any, Any]) -> RegisteredTask:
    limit = task.time_limit or app.conf.task_time_limit
    return RegisteredTask(
        name=task.name,
        doc=inspect.cleandoc(task.__doc__) if task.__doc__ else None,
        max_retries=task.max_retries,
        rate_limit=None if task.rate_limit is None else str(task.rate_limit),
        time_limit_seconds=None if limit is None else float(limit),
        signature=_signature(task),
    )


def _signature(task: Task[Any, Any]) -> tuple[TaskParameter, ...] | None:
    try:
        parameters = inspect.signature(task.run).parameters.values()
    except (TypeError, ValueError):
        return None
    return tuple(_parameter(task.name, parameter) for parameter in parameters)


def _parameter(task_name: str, parameter: inspect.Parameter) -> TaskParameter:
    has_default = parameter.default is not inspect.Parameter.empty
    shown, _ = policy().redact({parameter.name: plain(parameter.default)}, task_name=task_name)
    varies = parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return TaskParameter(
        name=parameter.name,
        kind=ParameterKind[parameter.kind.name],
        annotation=_annotation(parameter.annotation),
        is_required=not has_default and not varies,
        default=(shown[parameter.name] if isinstance(shown, dict) else shown) if has_default else None,
    )


def _annotation(given: Any) -> str | None:
    if given is inspect.Parameter.empty:
        return None
    return given if isinstance(given, str) else inspect.formatannotation(given)
