"""Send all tasks of an app to the queue of one worker: canvas of many tasks needs no queue at each of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery, current_app

from tests.celery_app import app as tests_app
from tests.workers import Worker


@contextmanager
def routing_all_tasks_to(worker: Worker, app: Celery = tests_app) -> Iterator[None]:
    """Make this app the current one, and route all its tasks to the queue of this worker."""
    before = current_app._get_current_object()
    app.conf.task_routes = (lambda name, *args, **kwargs: {"queue": worker.queue},)
    _forget_routes(app)
    app.set_current()
    try:
        yield
    finally:
        app.conf.task_routes = None
        _forget_routes(app)
        before.set_current()


def _forget_routes(app: Celery) -> None:
    app.amqp.flush_routes()
    app.amqp.__dict__.pop("router", None)
