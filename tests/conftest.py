"""The fixtures of the whole suite, and the marks that tests get from their fixtures."""

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
from tests.isolation import RUN_ID, new_queue
from tests.npm import install
from tests.workers import SERIALIZERS, RunWorker, Worker, publishing_to, running_worker, settle

if find_spec("graphql") is None:  # the lane that shows the store to work without any GraphQL library
    collect_ignore = ["transport", "contract", "browser", "tooling"]
elif find_spec("strawberry") is None:  # the lane with the other engine: the demo and its tools use strawberry
    collect_ignore = ["browser", "tooling"]

MARKS = {
    "services": {
        "redis", "rabbitmq", "memcached", "pgbouncer", "old_package", "run_demo", "run_worker", "shared_worker",
    },
    "browser": {"browser", "npm"},
    "database": {"db", "transactional_db", "live_server", "django_db_setup"},
}  # fmt: skip
"""The marks of a test follow from its fixtures: it gets a mark if it uses one of these, or a fixture of it does."""

SLOW_FIXTURES = {"old_package", "run_demo", "browser", "npm"}
"""Fixtures that install or build something at their first use, or start large programs."""

LEFT_OUT = {
    "services": ("they need servers, or run workers of their own", "make test-services"),
    "browser": ("they need Chromium or npm", "make test-browser"),
    "heavy": ("they take minutes each", "make test-all"),
}
"""The marks of tests that `make test` leaves out: why, and the command that runs them."""

COUNTS = pytest.StashKey[dict[str, int]]()


def pytest_xdist_auto_num_workers() -> int:
    """Run twice as many processes as there are cores: tests wait more than they compute."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark and group the tests, and count those that `make test` leaves out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if item.get_closest_marker("django_db"):
            fixtures.add("db")
        for mark, bringing in MARKS.items():
            if fixtures & bringing:
                item.add_marker(mark)
        if fixtures & SLOW_FIXTURES and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(600))
        if group := _group_of(item):
            item.add_marker(pytest.mark.xdist_group(group))
    counts = {mark: sum(item.get_closest_marker(mark) is not None for item in items) for mark in LEFT_OUT}
    config.stash[COUNTS] = counts
    if hasattr(config, "workeroutput"):  # this is one of pytest-xdist's processes: only they collect tests
        config.workeroutput["counts"] = counts


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the counts from one of pytest-xdist's processes; all of them collect the same tests."""
    node.config.stash[COUNTS] = getattr(node, "workeroutput", {}).get("counts", {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what `make test` did not run, and which command does."""
    if config.getoption("markexpr") != " and ".join(f"not {mark}" for mark in LEFT_OUT):
        return
    terminalreporter.write_line("")
    for mark, count in config.stash.get(COUNTS, {}).items():
        if count:
            reason, command = LEFT_OUT[mark]
            terminalreporter.write_line(f"{count:4d} tests not run: {reason}: {command}")
    terminalreporter.write_line(
        "     not run: other versions of Python, Django, Celery and GraphQL libraries: make test-lanes"
    )


def _group_of(item: pytest.Item) -> str:
    """Name the tests that one process of pytest-xdist must run; return "" for a test that any of them may run.

    Tests run in one process if they share what a fixture starts for the run (`shared_…`) or for their module.
    """
    definitions = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    for name in sorted(definitions):
        if name.startswith("shared_"):
            parameter = item.callspec.params.get(name, "") if hasattr(item, "callspec") else ""
            return f"{name}-{parameter}"
    if any(each[-1].scope == "module" and each[-1].baseid.startswith("tests") for each in definitions.values()):
        return item.nodeid.partition("::")[0]
    return ""


def pytest_unconfigure() -> None:
    """Print all stacks and end the process where a thread that a test left behind keeps it running."""
    faulthandler.dump_traceback_later(60, exit=True, file=sys.__stderr__ or sys.stderr)


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[str]:
    """The URL of a broker that needs nothing but Python."""
    with services.embedded_redis() as url:
        yield url


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """The URL of Redis. Keys have a prefix of this process, and are deleted at its end."""
    yield services.require(services.REDIS)
    services.delete_keys(services.REDIS, RUN_ID)


@pytest.fixture(scope="session")
def rabbitmq() -> str:
    """The URL of RabbitMQ. Queues and exchanges have names of this process."""
    return services.require(services.RABBITMQ)


@pytest.fixture(scope="session")
def memcached() -> Iterator[str]:
    """The address of a memcached that this process started."""
    with services.own_memcached() as address:
        yield address


@pytest.fixture(scope="session")
def npm() -> Callable[..., Path]:
    """Install the packages of a lock file, once on this machine, and return their folder."""
    if shutil.which("npm") is None:
        services.missing("npm is not installed")
    return install


@pytest.fixture(scope="session")
def built_dashboard(npm: Callable[..., Path]) -> Path:
    """The folder of the built dashboard."""
    return dashboard.built()


@pytest.fixture
def run_worker(redis: str, transactional_db: None) -> Iterator[RunWorker]:
    """Start a worker for one test, over Redis unless another broker is given; this process publishes to Redis."""
    with publishing_to(redis):
        yield partial(running_worker, redis)


@pytest.fixture(scope="session", params=["redis", "rabbitmq"])
def shared_worker(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[Worker]:
    """The only worker of the run over each broker. Tests use `worker`."""
    broker = request.getfixturevalue(request.param)
    celery = {"accept_content": SERIALIZERS, "worker_lost_wait": 0.5}
    with running_worker(broker, exchange=new_queue(), concurrency=1, celery=celery) as running:
        yield running
        running.kill()


@pytest.fixture
def worker(shared_worker: Worker, transactional_db: None) -> Iterator[Worker]:
    """A worker with one child process that tests share; this process publishes to its broker."""
    with publishing_to(shared_worker.broker, shared_worker.exchange):
        yield shared_worker
        settle(shared_worker)


@pytest.fixture(scope="session")
def shared_embedded_worker(embedded_broker: str, django_db_setup: None) -> Iterator[Worker]:
    """The only worker of the run over the embedded broker. Tests use `embedded_worker`."""
    celery = {"worker_lost_wait": 0.5}
    with running_worker(embedded_broker, exchange=new_queue(), concurrency=2, celery=celery) as running:
        yield running
        running.kill()


@pytest.fixture
def embedded_worker(shared_embedded_worker: Worker, transactional_db: None) -> Iterator[Worker]:
    """A worker with two child processes that tests share; this process publishes to its broker.

    It needs nothing but Python.
    """
    with publishing_to(shared_embedded_worker.broker, shared_embedded_worker.exchange):
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
    """A viewer with every permission, who is not a superuser."""
    return viewer_with(*Action)


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The ids of all task messages that this process tries to send."""
    ids: list[str] = []

    def add_id(headers: dict[str, Any], **_: Any) -> None:
        ids.append(headers["id"])

    before_task_publish.connect(add_id)
    yield ids
    before_task_publish.disconnect(add_id)
