"""Fixtures that the whole suite uses, and the marks that follow from them."""

import faulthandler
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.contrib.auth.models import Permission, User

import tests.celery_app  # noqa: F401 - tasks that tests publish belong to the suite's app
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from tests import dashboard, services
from tests.isolation import RUN_ID
from tests.npm import install
from tests.workers import SERIALIZERS, RunWorker, Worker, publishing_to, running_worker, settle

if find_spec("graphql") is None:  # the lane that shows the store to work without any GraphQL library
    collect_ignore = ["transport", "contract", "browser", "tooling"]
elif find_spec("strawberry") is None:  # the lane with the other engine: the demo and its tools use strawberry
    collect_ignore = ["browser", "tooling"]

MARKS = {
    "redis": "services",
    "rabbitmq": "services",
    "memcached": "services",
    "pgbouncer": "services",
    "old_package": "services",
    "run_demo": "services",
    "run_worker": "services",
    "shared_worker": "services",
    "browser": "browser",
    "npm": "browser",
}
"""What a test needs besides Python, by the fixture that brings it. `make test` runs what has none of these marks."""


VERBS = {
    "services": "make test-services",
    "browser": "make test-browser",
    "heavy": "make test-all",
}
"""What runs the tests that `make test` leaves out."""

REASONS = {
    "services": "they need servers, or run workers of their own",
    "browser": "they need Chromium or npm",
    "heavy": "they take minutes each",
}
DEFAULT_MARKS = " and ".join(f"not {mark}" for mark in VERBS)

LEFT_OUT = pytest.StashKey[dict[str, int]]()


def pytest_xdist_auto_num_workers() -> int:
    """Run twice as many processes as there are cores: tests wait more than they compute."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        for fixture in fixtures & MARKS.keys():
            item.add_marker(MARKS[fixture])
        if fixtures & {"db", "transactional_db", "django_db_setup"} or item.get_closest_marker("django_db"):
            item.add_marker("database")
        if group := _group_of(item):
            item.add_marker(pytest.mark.xdist_group(group))
    left_out = {mark: sum(item.get_closest_marker(mark) is not None for item in items) for mark in VERBS}
    config.stash[LEFT_OUT] = left_out
    if hasattr(config, "workeroutput"):  # one of pytest-xdist's processes
        config.workeroutput["left_out"] = left_out


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what `make test` did not run, and what does."""
    if config.getoption("markexpr") != DEFAULT_MARKS:
        return
    terminalreporter.write_line("")
    for mark, count in config.stash.get(LEFT_OUT, {}).items():
        terminalreporter.write_line(f"{count:4d} tests not run: {REASONS[mark]}: {VERBS[mark]}")
    terminalreporter.write_line(
        "     not run: other versions of Python, Django, Celery and GraphQL libraries: make test-lanes"
    )


def _group_of(item: pytest.Item) -> str:
    """Name the tests that must run in one of pytest-xdist's processes; empty where a test may run in any.

    Those are the tests that share what a fixture starts for all of them: for a module, or for the run.
    """
    definitions = item._fixtureinfo.name2fixturedefs if hasattr(item, "_fixtureinfo") else {}
    parameters: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    for name in sorted(definitions):
        if name.startswith("shared_"):
            return f"{name}-{parameters.get(name, '')}"
    if any(each[-1].scope == "module" and each[-1].baseid.startswith("tests") for each in definitions.values()):
        return item.nodeid.partition("::")[0]
    return ""


def pytest_unconfigure() -> None:
    """End the suite though a test left a thread behind: print where it is."""
    faulthandler.dump_traceback_later(60, exit=True, file=sys.__stderr__ or sys.stderr)


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[str]:
    """The URL of the broker that needs nothing but Python."""
    with services.embedded_redis() as url:
        yield url


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """The URL of a Redis that is used under a prefix of our own."""
    yield services.require(services.REDIS)
    services.delete_keys(services.REDIS, RUN_ID)


@pytest.fixture(scope="session")
def rabbitmq() -> str:
    """The URL of a RabbitMQ on which our queues and exchanges have names of our own."""
    return services.require(services.RABBITMQ)


@pytest.fixture(scope="session")
def memcached() -> Iterator[str]:
    """The address of a memcached that is ours."""
    with services.own_memcached() as address:
        yield address


@pytest.fixture(scope="session")
def npm() -> Callable[..., Path]:
    """Install the packages of a lock file, once on this machine; their folder."""
    if shutil.which("npm") is None:
        services.missing("npm is not installed")
    return install


@pytest.fixture(scope="session")
def built_dashboard(npm: Callable[..., Path]) -> Path:
    """The files that the dashboard is built into."""
    return dashboard.built()


@pytest.fixture
def run_worker(redis: str, transactional_db: None) -> Iterator[RunWorker]:
    """Start a worker of one's own, over Redis unless another broker is given; this process publishes to it."""
    with publishing_to(redis):
        yield partial(running_worker, redis)


@pytest.fixture(scope="session", params=["redis", "rabbitmq"])
def shared_worker(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[Worker]:
    """The one worker of a run over each broker. Tests take `worker`."""
    broker = request.getfixturevalue(request.param)
    celery = {"accept_content": SERIALIZERS, "worker_lost_wait": 0.5}
    with running_worker(broker, concurrency=1, celery=celery) as running:
        yield running
        running.kill()


@pytest.fixture
def worker(shared_worker: Worker, transactional_db: None) -> Iterator[Worker]:
    """A worker with one process that tests share; this process publishes to its broker."""
    with publishing_to(shared_worker.broker):
        yield shared_worker
        settle(shared_worker)


@pytest.fixture(scope="session")
def shared_embedded_worker(embedded_broker: str, django_db_setup: None) -> Iterator[Worker]:
    """The one worker of a run over the embedded broker. Tests take `embedded_worker`."""
    celery = {"worker_lost_wait": 0.5}
    with running_worker(embedded_broker, concurrency=2, celery=celery) as running:
        yield running
        running.kill()


@pytest.fixture
def embedded_worker(shared_embedded_worker: Worker, transactional_db: None) -> Iterator[Worker]:
    """A worker that needs nothing but Python, and that tests share; this process publishes to its broker."""
    with publishing_to(shared_embedded_worker.broker):
        yield shared_embedded_worker
        settle(shared_embedded_worker)


@pytest.fixture
def viewer_with(db: None) -> Callable[..., Viewer]:
    """Create a user who has exactly these permissions, and return it as a viewer."""

    def create(*permissions: Action | str, name: str = "operator", is_staff: bool = False) -> Viewer:
        user = User.objects.create_user(name, is_staff=is_staff)
        codenames = set(map(str, permissions))
        rows = Permission.objects.filter(content_type__app_label="django_celery_results", codename__in=codenames)
        assert {row.codename for row in rows} == codenames
        user.user_permissions.set(rows)
        return Viewer(user=User.objects.get(pk=user.pk))

    return create


@pytest.fixture
def operator(viewer_with: Callable[..., Viewer]) -> Viewer:
    """A viewer with every permission, who is no superuser."""
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
