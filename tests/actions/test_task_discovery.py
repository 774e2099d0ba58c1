"""The lookup of a task in a web process that has not imported the tasks of the project yet."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from celery import Celery

from django_celery_results import registered_tasks
from django_celery_results.actions import celery_app
from tests.workers import PATIENCE, wait_for

TASKS = """
importing.set()
may_go_on.wait()

@lazy.task(name="slow_to_import.tasks.found", shared=False)
def found():
    pass
"""


class ObservedLock:
    """A lock that says whether a thread waits for it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.is_awaited = threading.Event()

    def __enter__(self) -> None:
        if not self.lock.acquire(blocking=False):
            self.is_awaited.set()
            self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


@pytest.fixture
def slow_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package `slow_to_import` whose import of tasks sets `importing`, and waits for `may_go_on`."""
    package = tmp_path / "slow_to_import"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("slow_to_import", "slow_to_import.tasks"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("slow_tasks")
def test_concurrent_first_lookups_both_find_a_task_that_is_being_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    importing, may_go_on, lock = threading.Event(), threading.Event(), ObservedLock()
    app = Celery("lazy", set_as_current=False)
    for name, value in {"importing": importing, "may_go_on": may_go_on, "lazy": app}.items():
        monkeypatch.setattr(f"builtins.{name}", value, raising=False)
    monkeypatch.setattr(registered_tasks, "_discovery", lock)
    app.autodiscover_tasks(["slow_to_import"])

    with ThreadPoolExecutor(2) as threads:
        try:
            first = threads.submit(celery_app.registered_task, app, "slow_to_import.tasks.found")
            assert importing.wait(PATIENCE)
            second = threads.submit(celery_app.registered_task, app, "slow_to_import.tasks.found")
            wait_for(lambda: lock.is_awaited.is_set() or second.done())
        finally:
            may_go_on.set()

    assert first.result().name == second.result().name == "slow_to_import.tasks.found"
