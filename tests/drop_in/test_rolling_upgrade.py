"""Workers of 2.6.0 and of this package on the same tables and the same queue."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.isolation import new_queue

from .project_workers import project_worker
from .projects import Package, Project, new, old

EXPECTED = {
    "singles": list(range(1, 25)),
    "failing": "ValueError('no')",
    "group": list(range(2, 14)),
    "chord": sum(range(3, 11)),
}


@pytest.mark.parametrize("publisher", [old, new])
def test_workers_of_both_finish_everything(
    project: Project, redis: str, tmp_path: Path, publisher: Callable[[], Package]
) -> None:
    project = replace(
        project,
        settings={"DJANGO_CELERY_RESULTS": {"LEGACY_CHORDS": True}},
        env={"PROJECT_BROKER": redis, "PROJECT_QUEUE": new_queue()},
    )
    project.migrate(new())
    with ExitStack() as stack:
        for name, package in (("old", old()), ("new", new())):
            stack.enter_context(project_worker(project, package, name, tmp_path / f"{name}.log"))
        assert project.json(publisher(), "publish.py") == EXPECTED
    assert project.json(new(), "audit.py") == {
        "states": {"SUCCESS": 24 + 12 + 8 + 1, "FAILURE": 1},
        "workers": ["new@test", "old@test"],
        "bodies": 1,
        "counters": 0,
    }


def test_chords_that_2_6_0_started_are_completed_by_our_workers_alone(
    project: Project, redis: str, tmp_path: Path
) -> None:
    queue = {"PROJECT_BROKER": redis, "PROJECT_QUEUE": new_queue()}
    project = replace(project, env=queue)
    project.migrate(new())
    with project_worker(project, new(), "new", tmp_path / "new.log"):
        assert project.json(old(), "publish.py") == EXPECTED
    assert project.json(new(), "audit.py")["counters"] == 0


def test_a_late_word_of_ours_replaces_no_success_and_one_of_2_6_0_still_does(project: Project) -> None:
    project.migrate(new())
    for writer in (old(), new()):
        task_id = uuid.uuid4().hex
        assert project.run(writer, "late.py", task_id, "SUCCESS", "done").strip() == "SUCCESS"
        assert project.run(new(), "late.py", task_id, "STARTED", "").strip() == "SUCCESS"
        # The upgrade page warns of this, as long as workers of 2.6.0 run.
        assert project.run(old(), "late.py", task_id, "STARTED", "").strip() == "STARTED"
