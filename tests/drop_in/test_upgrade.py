"""A database that the real 2.6.0 created is read and written by this package, and by 2.6.0 again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.drop_in.projects import Project, new, old


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
def configured(request: pytest.FixtureRequest, project: Project) -> Project:
    """The project with each of two sets of settings that differ in every way that matters for rows."""
    return replace(project, settings=PROJECTS[request.param])


def test_rows_of_2_6_0_read_the_same_after_migrate(configured: Project) -> None:
    configured.migrate(old())
    configured.run(old(), "write_rows.py", "old")
    before = configured.json(old(), "read_rows.py", "old")
    assert len(before["tasks"]) >= 11
    assert [chord["count"] for chord in before["chords"]] == [2]
    configured.migrate(new())
    assert configured.json(new(), "read_rows.py", "old") == before


def test_2_6_0_reads_new_rows_before_and_after_migrating_back(configured: Project) -> None:
    configured.migrate(old())
    configured.run(old(), "write_rows.py", "old")
    configured.migrate(new())
    configured.run(new(), "write_rows.py", "new")
    ours = configured.json(new(), "read_rows.py", "new")
    assert len(ours["tasks"]) >= 11
    assert ours["is fresh"]
    assert without_chords(configured.json(old(), "read_rows.py", "new")) == without_chords(ours)

    configured.run(old(), "write_rows.py", "later")  # 2.6.0 writes to our newer tables
    later = configured.json(old(), "read_rows.py", "later")
    assert configured.json(new(), "read_rows.py", "later") == later

    configured.migrate(new(), "django_celery_results", "0014")
    assert without_chords(configured.json(old(), "read_rows.py", "new")) == without_chords(ours)
    configured.run(old(), "write_rows.py", "back")
    assert len(configured.json(old(), "read_rows.py", "back")["tasks"]) == len(later["tasks"])


@pytest.mark.parametrize("settings", [{}, SHORT_IDS])
def test_tables_at_migration_0014_equal_those_of_2_6_0(project: Project, settings: dict[str, Any]) -> None:
    project = replace(project, settings=settings)
    project.migrate(old(), "django_celery_results")
    theirs = project.json(old(), "describe_tables.py")
    project.migrate(old(), "django_celery_results", "zero")
    project.migrate(new(), "django_celery_results", "0014")
    assert project.json(new(), "describe_tables.py") == theirs


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField"},
        SHORT_IDS,
        {"DJANGO_CELERY_RESULTS_BIG_IDS": True},
    ],
)
def test_makemigrations_finds_no_change(project: Project, settings: dict[str, Any]) -> None:
    replace(project, settings=settings).run(new(), "manage.py", "makemigrations", "--check", "--dry-run")


def test_big_ids_setting_widens_ids_that_2_6_0_still_reads(project: Project) -> None:
    project.migrate(old())
    project.run(old(), "write_rows.py", "old")
    before = project.json(old(), "read_rows.py", "old")
    project.migrate(new())
    big = replace(project, settings={"DJANGO_CELERY_RESULTS_BIG_IDS": True})
    big.migrate(new(), "django_celery_results", "0018")
    big.migrate(new())
    assert big.json(new(), "read_rows.py", "old") == before
    assert big.run(new(), "store_big_ids.py").split() == ["3000000001", "SUCCESS", "ann"]
    big.migrate(new(), "django_celery_results", "0014")
    assert project.json(old(), "read_rows.py", "old") == before


def test_interrupted_index_migration_can_be_repeated(project: Project) -> None:
    project.migrate(new())
    project.run(new(), "manage.py", "migrate", "-v", "0", "--fake", "django_celery_results", "0017")
    project.migrate(new())
    project.migrate(new(), "django_celery_results", "0017")
    project.migrate(new())


def test_rows_of_the_first_version_keep_their_creation_date(project: Project) -> None:
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
    script = f"from django_celery_results.models import TaskResult; print({read})"
    assert project.run(new(), "manage.py", "shell", "-v", "0", "-c", script).strip() == "2018-01-02T03:04:05+00:00"


@pytest.mark.any_database
def test_dumpdata_of_each_package_loads_in_the_other(project: Project, tmp_path: Path) -> None:
    theirs, ours = str(tmp_path / "theirs.xml"), str(tmp_path / "ours.xml")  # JSON would cut microseconds
    project.migrate(old())
    project.run(old(), "write_rows.py", "old")
    before = project.json(old(), "read_rows.py", "old")
    project.run(old(), "manage.py", "dumpdata", "--format", "xml", *APPS, "-o", theirs)
    project.migrate(new())
    project.run(new(), "manage.py", "flush", "--no-input", "-v", "0")
    project.run(new(), "manage.py", "loaddata", theirs)
    assert project.json(new(), "read_rows.py", "old") == before
    project.run(new(), "manage.py", "dumpdata", "--format", "xml", *APPS, "-o", ours)
    project.run(new(), "manage.py", "flush", "--no-input", "-v", "0")
    project.run(old(), "manage.py", "loaddata", "--ignorenonexistent", ours)
    assert project.json(old(), "read_rows.py", "old") == before


def test_cleanup_deletes_related_rows_and_keeps_unfinished_tasks(project: Project) -> None:
    project.migrate(new())
    project.run(new(), "write_rows.py", "new")
    left = project.json(new(), "delete_expired.py")
    assert left.pop("states") == ["PENDING", "PROGRESS", "RETRY", "STARTED"]
    assert left == {"OwnedTaskResult": 0, "Note": 0, "GroupResult": 0, "ChordCounter": 0}


def test_column_that_a_project_adds_is_stored(project: Project) -> None:
    project.migrate(new())
    assert project.run(new(), "add_column.py").split() == ["SUCCESS", "noted"]
