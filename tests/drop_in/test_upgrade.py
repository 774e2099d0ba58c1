"""A database that the real 2.6.0 made, read and written by this package, and by 2.6.0 again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from .projects import Project, new, old


def without_chords(read: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in read.items() if key != "chords"}


SHORT_IDS = {"DJANGO_CELERY_RESULTS_TASK_ID_MAX_LENGTH": 191}
APPS = ("django_celery_results", "warehouse")
LOCAL_TIME = {"USE_TZ": False, "TIME_ZONE": "Asia/Tokyo"}
PROJECTS: dict[str, dict[str, Any]] = {
    "json": {},
    "pickle, local time, short ids": {"CELERY_RESULT_SERIALIZER": "pickle", **LOCAL_TIME, **SHORT_IDS},
}


@pytest.fixture(params=PROJECTS)
def filled(request: pytest.FixtureRequest, project: Project) -> Project:
    """Projects with settings far apart."""
    return replace(project, settings=PROJECTS[request.param])


def test_everything_reads_as_before_after_migrate(filled: Project) -> None:
    filled.migrate(old())
    filled.run(old(), "fill.py", "old")
    before = filled.json(old(), "read.py", "old")
    assert len(before["tasks"]) >= 11
    assert [chord["count"] for chord in before["chords"]] == [2]
    filled.migrate(new())
    assert filled.json(new(), "read.py", "old") == before


def test_the_old_package_reads_rows_of_ours_on_our_tables_and_after_going_back(filled: Project) -> None:
    filled.migrate(old())
    filled.run(old(), "fill.py", "old")
    filled.migrate(new())
    filled.run(new(), "fill.py", "new")
    ours = filled.json(new(), "read.py", "new")
    assert len(ours["tasks"]) >= 11
    assert ours["is fresh"]
    assert without_chords(filled.json(old(), "read.py", "new")) == without_chords(ours)

    filled.run(old(), "fill.py", "later")  # 2.6.0 writes to our newer tables
    later = filled.json(old(), "read.py", "later")
    assert filled.json(new(), "read.py", "later") == later

    filled.migrate(new(), "django_celery_results", "0014")
    assert without_chords(filled.json(old(), "read.py", "new")) == without_chords(ours)
    filled.run(old(), "fill.py", "back")
    assert len(filled.json(old(), "read.py", "back")["tasks"]) == len(later["tasks"])


@pytest.mark.parametrize("settings", [{}, SHORT_IDS])
def test_the_tables_after_0014_are_those_of_the_old_package(project: Project, settings: dict[str, Any]) -> None:
    project = replace(project, settings=settings)
    project.migrate(old(), "django_celery_results")
    theirs = project.json(old(), "schema.py")
    project.migrate(old(), "django_celery_results", "zero")
    project.migrate(new(), "django_celery_results", "0014")
    assert project.json(new(), "schema.py") == theirs


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField"},
        SHORT_IDS,
        {"DJANGO_CELERY_RESULTS_BIG_IDS": True},
    ],
)
def test_no_migration_is_missing(project: Project, settings: dict[str, Any]) -> None:
    replace(project, settings=settings).run(new(), "manage.py", "makemigrations", "--check", "--dry-run")


def test_ids_are_widened_when_asked_for_and_the_old_package_does_not_mind(project: Project) -> None:
    project.migrate(old())
    project.run(old(), "fill.py", "old")
    before = project.json(old(), "read.py", "old")
    project.migrate(new())
    big = replace(project, settings={"DJANGO_CELERY_RESULTS_BIG_IDS": True})
    big.migrate(new(), "django_celery_results", "0018")
    big.migrate(new())
    assert big.json(new(), "read.py", "old") == before
    assert big.run(new(), "big_ids.py").split() == ["3000000001", "SUCCESS", "ann"]
    big.migrate(new(), "django_celery_results", "0014")
    assert project.json(old(), "read.py", "old") == before


def test_an_interrupted_build_of_the_indexes_is_repeated(project: Project) -> None:
    project.migrate(new())
    project.run(new(), "manage.py", "migrate", "-v", "0", "--fake", "django_celery_results", "0017")
    project.migrate(new())
    project.migrate(new(), "django_celery_results", "0017")
    project.migrate(new())


def test_rows_of_the_first_version_are_as_old_as_they_were(project: Project) -> None:
    project.migrate(old(), "django_celery_results", "0005")
    row = "'t', 'SUCCESS', 'application/json', 'utf-8', '1', '2018-01-02 03:04:05', '{}'"
    columns = "task_id, status, content_type, content_encoding, result, date_done, meta, hidden"
    sql = f"INSERT INTO django_celery_results_taskresult ({columns}) VALUES ({row}, %s)"
    project.run(
        new(), "manage.py", "shell", "-v", "0", "-c",
        f"from django.db import connection; connection.cursor().execute({sql!r}, [False])",
    )  # fmt: skip
    project.migrate(new())
    read = "TaskResult.objects.get().date_created.isoformat()"
    said = f"from django_celery_results.models import TaskResult; print({read})"
    assert project.run(new(), "manage.py", "shell", "-v", "0", "-c", said).strip() == "2018-01-02T03:04:05+00:00"


@pytest.mark.any_database
def test_fixtures_of_either_package_are_loaded_by_the_other(project: Project, tmp_path: Path) -> None:
    theirs, ours = str(tmp_path / "theirs.xml"), str(tmp_path / "ours.xml")  # JSON would cut microseconds
    project.migrate(old())
    project.run(old(), "fill.py", "old")
    before = project.json(old(), "read.py", "old")
    project.run(old(), "manage.py", "dumpdata", "--format", "xml", *APPS, "-o", theirs)
    project.migrate(new())
    project.run(new(), "manage.py", "flush", "--no-input", "-v", "0")
    project.run(new(), "manage.py", "loaddata", theirs)
    assert project.json(new(), "read.py", "old") == before
    project.run(new(), "manage.py", "dumpdata", "--format", "xml", *APPS, "-o", ours)
    project.run(new(), "manage.py", "flush", "--no-input", "-v", "0")
    project.run(old(), "manage.py", "loaddata", "--ignorenonexistent", ours)
    assert project.json(old(), "read.py", "old") == before


def test_what_other_apps_tie_to_tasks_goes_with_them_and_unfinished_tasks_stay(project: Project) -> None:
    project.migrate(new())
    project.run(new(), "fill.py", "new")
    left = project.json(new(), "expire.py")
    assert left.pop("states") == ["PENDING", "PROGRESS", "RETRY", "STARTED"]
    assert left == {"OwnedTaskResult": 0, "Note": 0, "GroupResult": 0, "ChordCounter": 0}


def test_a_column_that_a_project_adds_to_our_model_is_stored(project: Project) -> None:
    project.migrate(new())
    assert project.run(new(), "added.py").split() == ["SUCCESS", "noted"]
