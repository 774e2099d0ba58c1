"""The Celery app of this process, and what it knows of its tasks."""

from __future__ import annotations

import inspect
import logging
import threading
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from celery import Celery, Task
from celery._state import get_current_app
from django.utils.module_loading import import_string

from .conf import settings

logger = logging.getLogger(__name__)

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_discovery = threading.RLock()
_discovered: WeakSet[Celery] = WeakSet()
_known: WeakKeyDictionary[Task[Any, Any], Parameters] = WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The names that a task's function gives to its positional arguments."""

    positional: tuple[str, ...] = ()
    rest: str | None = None
    """The name of `*args`, where it has that."""

    def name_at(self, place: int) -> str:
        """Return the name of the argument at this place; an empty one where there is none."""
        return self.positional[place] if place < len(self.positional) else self.rest or ""


def known_app() -> Celery:
    """The app that `CELERY_APP` names, else the current one, whether or not anybody configured it."""
    path = settings().celery_app
    found: Celery = import_string(path.replace(":", ".")) if path else get_current_app()
    return found


def is_unconfigured(app: Celery) -> bool:
    """Celery makes an app called "default" where none was loaded; it would publish to a broker nobody meant."""
    return app.main == "default" and not (app.conf.broker_url or app.conf.broker_write_url)


def discover(app: Celery) -> None:
    """Import the modules of the project's tasks, as a worker does: a web process may not have done it yet.

    One thread at a time: while one discovers, Celery answers the others that there is nothing to find.
    """
    with _discovery:
        app.loader.import_default_modules()


def parameters_of(task_name: str | None) -> Parameters | None:
    """Return the names of a task's positional arguments; None where this process has not registered the task."""
    if task_name is None:
        return None
    app = known_app()
    if task_name not in app.tasks:
        _discover_once(app)
    task = app.tasks.get(task_name)
    return None if task is None else _parameters(task)


def registered_parameters() -> dict[str, Parameters]:
    """Return the names of the positional arguments of each task that this process has registered, by its name."""
    app = known_app()
    _discover_once(app)
    return {name: _parameters(task) for name, task in app.tasks.items()}


def _discover_once(app: Celery) -> None:
    """Whoever looks at a page waits once for the modules, and sees it even where they cannot be imported."""
    if app in _discovered:
        return
    with _discovery:
        if app not in _discovered and not is_unconfigured(app):
            try:
                discover(app)
            except Exception:
                logger.exception("The tasks of %r could not be imported: their arguments are not redacted by name", app)
        _discovered.add(app)


def _parameters(task: Task[Any, Any]) -> Parameters:
    known = _known.get(task)
    if known is None:
        known = _known[task] = _inspected(task)
    return known


def _inspected(task: Task[Any, Any]) -> Parameters:
    """Of the function itself, whatever wraps it; a bound task's `self` is none of them."""
    try:
        parameters = inspect.signature(task.run).parameters.values()
    except (TypeError, ValueError):
        return Parameters()
    return Parameters(
        positional=tuple(each.name for each in parameters if each.kind in _POSITIONAL),
        rest=next((each.name for each in parameters if each.kind is inspect.Parameter.VAR_POSITIONAL), None),
    )
