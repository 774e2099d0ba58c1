"""Workers of 2.6.0 and of this package share tables and a queue during an upgrade."""

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import pytest

from tests.drop_in.projects import Package, Project, new, old
from tests.isolation import new_queue

EXPECTED = {
    "singles": list(range(1, 25)),
    "failing": "ValueError('no')",
    "group": list(range(2, 14)),
    "chord": sum(range(3, 11)),
}


@pytest.mark.parametrize("publisher", [old, new])
def test_old_and_new_workers_share_one_queue(project: Project, redis: str, publisher: Callable[[], Package]) -> None:
    project = replace(
        project,
        settings={"DJANGO_CELERY_RESULTS": {"LEGACY_CHORDS": True}},
        env={"PROJECT_BROKER": redis, "PROJECT_QUEUE": new_queue()},
    )
    project.migrate(new())
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(project.worker(package, name)) for name, package in (("new", new()), ("old", old()))
        ]
        assert project.json(publisher(), "publish_tasks.py") == EXPECTED
    assert project.json(new(), "summarize_rows.py") == {
        "states": {"SUCCESS": 24 + 12 + 8 + 1, "FAILURE": 1},
        "workers": nodes,
        "bodies": 1,
        "counters": 0,
    }


def test_new_worker_completes_chords_that_2_6_0_started(project: Project, redis: str) -> None:
    project = replace(project, env={"PROJECT_BROKER": redis, "PROJECT_QUEUE": new_queue()})
    project.migrate(new())
    with project.worker(new()):
        assert project.json(old(), "publish_tasks.py") == EXPECTED
    assert project.json(new(), "summarize_rows.py")["counters"] == 0


def test_late_started_state_replaces_success_only_from_2_6_0(project: Project) -> None:
    project.migrate(new())
    for writer in (old(), new()):
        task_id = uuid.uuid4().hex
        assert project.run(writer, "store_state.py", task_id, "SUCCESS", "done").strip() == "SUCCESS"
        assert project.run(new(), "store_state.py", task_id, "STARTED", "").strip() == "SUCCESS"
        # docs/upgrading.md warns of this, as long as workers of 2.6.0 run.
        assert project.run(old(), "store_state.py", task_id, "STARTED", "").strip() == "STARTED"
