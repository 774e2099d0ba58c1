"""Tasks that read, link and write their own rows, as public projects do, leave the same rows as with 2.6.0."""

from pathlib import Path
from typing import Any

import pytest

from tests.drop_in.projects import Package, Project, new, new_database, old
from tests.isolation import new_queue

APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django_celery_results", "jobs"]


def run_patterns(package: Package, broker: str, folder: Path, max_age: int) -> dict[str, dict[str, Any]]:
    """Run the tasks of the app `jobs` in a worker with this package, on a new database; return what each left."""
    folder.mkdir()
    with new_database(folder) as database:
        project = Project(
            database={**database, "CONN_MAX_AGE": max_age},
            settings={"INSTALLED_APPS": APPS},
            env={"PROJECT_BROKER": broker, "PROJECT_QUEUE": new_queue()},
        )
        project.migrate(package)
        with project.worker(package, concurrency=2):
            left: dict[str, dict[str, Any]] = project.json(package, "run_patterns.py")
            return left


@pytest.mark.any_database
@pytest.mark.parametrize("max_age", [0, 600])
def test_tasks_that_use_their_own_rows_behave_as_with_2_6_0(
    max_age: int, redis: str, old_package: str, tmp_path: Path, django_db_setup: None, django_db_blocker: Any
) -> None:
    with django_db_blocker.unblock():
        theirs = run_patterns(old(), redis, tmp_path / "2.6.0", max_age)
        ours = run_patterns(new(), redis, tmp_path / "new", max_age)
    assert len(theirs) == 13
    name = "report_progress_while_the_row_is_locked"  # the one difference, which the upgrade guide lists
    assert (theirs[name].pop("periodic_task_name"), ours[name].pop("periodic_task_name")) == (None, "locked")
    assert ours == theirs
