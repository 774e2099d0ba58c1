"""Viewers with and without permissions, tasks that failed for real, and a broker of one's choice."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.contrib.auth.models import Permission, User
from kombu import pools

from django_celery_results.actions import control
from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.tasks import TaskRef
from tests import services
from tests.celery_app import RUN, app
from tests.workers import RABBITMQ, REDIS, Worker, running_worker, wait_for


@pytest.fixture
def viewer_with(db: None) -> Callable[..., Viewer]:
    """Make a viewer that has exactly these permissions."""

    def make(*actions: Action, name: str = "operator") -> Viewer:
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=[action.value for action in actions]))
        return Viewer(user=User.objects.get(pk=user.pk))

    return make


@pytest.fixture
def operator(viewer_with: Callable[..., Viewer]) -> Viewer:
    return viewer_with(*Action)


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The ids of all task messages that this process tries to send."""
    ids: list[str] = []

    def note(headers: dict[str, Any], **_: Any) -> None:
        ids.append(headers["id"])

    before_task_publish.connect(note)
    yield ids
    before_task_publish.disconnect(note)


@pytest.fixture(scope="module", params=["redis", "rabbitmq"])
def worker(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[Worker]:
    """One prefork worker for a whole module, over Redis and then over RabbitMQ."""
    broker = REDIS if request.param == "redis" else RABBITMQ
    services.require(broker)
    control.forget()
    # Workers of other suites on the same broker shall not hear what is said here.
    exchange = f"dcr-{uuid.uuid4().hex[:12]}"
    with (
        publishing_to(broker, exchange),
        running_worker(broker=broker, concurrency=1, celery={"control_exchange": exchange}) as running,
    ):
        yield running
        running.kill()  # whatever still runs there was not waited for


@contextmanager
def publishing_to(url: str, control_exchange: str = RUN) -> Iterator[None]:
    """Let this process publish to another broker for a while."""
    before = app.conf.broker_url, app.conf.control_exchange
    _use(url, control_exchange)
    try:
        yield
    finally:
        _use(*before)


def _use(url: str, control_exchange: str) -> None:
    pools.reset()
    app.__dict__.pop("control", None)
    app.conf.update(broker_url=url, broker_write_url=url, broker_read_url=url, control_exchange=control_exchange)
    app._pool = None
    app.amqp._producer_pool = None


def until(task_id: str, *states: str) -> TaskResult:
    """The row of a task once it is in one of these states."""
    found: TaskResult = wait_for(lambda: TaskResult.objects.filter(task_id=task_id, status__in=states).first())
    return found


def ref(task: TaskResult | str) -> TaskRef:
    return TaskRef(task_id=task if isinstance(task, str) else task.task_id)
