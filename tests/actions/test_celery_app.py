"""The app that actions ask for tasks, in a web process that has not discovered them yet."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from celery import Celery

from django_celery_results.actions.celery_app import registered_task

TASKS = """
discovering.set()
may_go_on.wait(10)

@lazy.task(name="slow_to_find.tasks.found", shared=False)
def found():
    pass
"""


def test_two_first_requests_find_a_task_that_is_still_being_discovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    discovering, may_go_on = threading.Event(), threading.Event()
    (tmp_path / "slow_to_find").mkdir()
    (tmp_path / "slow_to_find" / "__init__.py").touch()
    (tmp_path / "slow_to_find" / "tasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path))
    app = Celery("lazy", set_as_current=False)
    for name, value in {"discovering": discovering, "may_go_on": may_go_on, "lazy": app}.items():
        monkeypatch.setattr(f"builtins.{name}", value, raising=False)
    app.autodiscover_tasks(["slow_to_find"])
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(registered_task, app, "slow_to_find.tasks.found")
        assert discovering.wait(10)
        second = threads.submit(registered_task, app, "slow_to_find.tasks.found")
        threading.Timer(0.2, may_go_on.set).start()  # the second asks while the first still looks
        assert first.result(10).name == second.result(10).name == "slow_to_find.tasks.found"
    sys.modules.pop("slow_to_find.tasks")
