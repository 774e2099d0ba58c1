"""Which Celery app actions publish and control with, and the tasks it knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from celery import Celery, Task
from celery.app.routes import MapRoute

from django_celery_results.registered_tasks import discover, is_unconfigured, known_app

from .outcome import ErrorCode, refuse


def celery_app() -> Celery:
    """The app that `CELERY_APP` names, else the current one; refuses one that nobody configured."""
    app = known_app()
    if is_unconfigured(app):
        refuse(
            ErrorCode.APP_NOT_CONFIGURED,
            "This process has not loaded your Celery app. Set CELERY_APP in DJANGO_CELERY_RESULTS to its path, "
            'such as "proj.celery:app", or import the app in your project\'s __init__.py.',
        )
    return app


def check_leaves_trace(app: Celery, task_name: str) -> None:
    """Refuse where sending would run the task here and now without storing its result."""
    if app.conf.task_always_eager and not app.tasks[task_name].store_eager_result:
        refuse(
            ErrorCode.APP_NOT_CONFIGURED,
            "This Celery app runs tasks eagerly without storing their results: set task_store_eager_result.",
        )


def registered_task(app: Celery, name: str | None) -> Task[Any, Any]:
    """The task of this name; a name is looked up and never imported."""
    if name not in app.tasks:
        discover(app)
    if name is None or name not in app.tasks:
        refuse(
            ErrorCode.TASK_NOT_REGISTERED,
            f"The Celery app knows no task named {name!r}. Was it renamed or removed?",
        )
    task: Task[Any, Any] = app.tasks[name]
    return task


def is_built_in(task: Task[Any, Any]) -> bool:
    """Whether the task is one of Celery's own, such as `celery.starmap`, whose arguments say what else is run."""
    return task.name.startswith("celery.") or type(task).__module__.startswith("celery.")


def configured_queues(app: Celery) -> set[str]:
    """Return the names of the queues in the app's settings, its routes and its tasks.

    Not `app.amqp.queues`: Celery adds every name to it that this process has published to.
    """
    discover(app)
    given = app.conf.task_queues or ()
    prepared: Any = app.amqp.routes
    tables: list[Any] = [route for route in prepared if isinstance(route, MapRoute)]  # a function does not tell
    routes = [entry for table in tables for entry in (*table.map.values(), *table.patterns.values())]
    named = (entry if isinstance(entry, str) else dict(entry).get("queue") for entry in routes)
    of_tasks = (getattr(task, "queue", None) for task in app.tasks.values())
    return set(_names((app.conf.task_default_queue, *given, *named, *of_tasks)))


def _names(queues: Any) -> Iterator[str]:
    """A queue is given by its name, or as kombu's object."""
    for queue in queues:
        names = (queue,) if isinstance(queue, str) else (getattr(queue, "name", None), getattr(queue, "alias", None))
        yield from filter(None, names)
