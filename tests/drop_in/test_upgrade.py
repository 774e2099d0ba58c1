"""A database that the real 2.6.0 made, read and written by this package, and by 2.6.0 again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .projects import Project, new, old


def without_chords(read: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in read.items() if key != "chords"}


@pytest.fixture(params=["json", "pickle"])
def filled(request: pytest.FixtureRequest, project: Project) -> Project:
    """A project that stores results with one serializer."""
    return replace(project, settings={"CELERY_RESULT_SERIALIZER": request.param})


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
    assert without_chords(filled.json(old(), "read.py", "new")) == without_chords(ours)

    filled.run(old(), "fill.py", "later")  # 2.6.0 writes to our newer tables
    later = filled.json(old(), "read.py", "later")
    assert filled.json(new(), "read.py", "later") == later

    filled.migrate(new(), "django_celery_results", "0014")
    assert without_chords(filled.json(old(), "read.py", "new")) == without_chords(ours)
    filled.run(old(), "fill.py", "back")
    assert len(filled.json(old(), "read.py", "back")["tasks"]) == len(later["tasks"])


def test_the_tables_after_0014_are_those_of_the_old_package(project: Project) -> None:
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
        {"DJANGO_CELERY_RESULTS_TASK_ID_MAX_LENGTH": 191},
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
