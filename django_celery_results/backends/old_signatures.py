"""Methods of projects that have the signatures of the 2.x package: what they can be called with."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django_celery_results.querysets import OURS
from django_celery_results.state_changes import StateChange


def as_keywords(change: StateChange, method: Callable[..., Any]) -> dict[str, Any]:
    """The fixed keyword list of the 2.x package, and what a subclass added to the extended properties."""
    names = ["content_type", "content_encoding", "result", "traceback", "meta", "periodic_task_name", "task_name",
             "task_args", "task_kwargs", "worker"]  # fmt: skip
    if "date_started" in change.known and takes(method, "date_started"):
        names.append("date_started")
    names += change.known.keys() - OURS
    return {"task_id": change.task_id, "status": change.status} | {name: change.known.get(name) for name in names}


@lru_cache(maxsize=16)
def takes(method: Callable[..., Any], name: str) -> bool:
    """Whether it can be called with this keyword."""
    parameters = inspect.signature(method).parameters
    return name in parameters or any(each.kind is each.VAR_KEYWORD for each in parameters.values())
