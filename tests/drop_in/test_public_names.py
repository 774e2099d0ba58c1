"""Every public name of the real 2.6.0 exists here, and accepts the same arguments."""

from importlib import import_module
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from django_celery_results.admin import GroupResultAdmin, TaskResultAdmin
from django_celery_results.models import GroupResult, TaskResult
from tests.drop_in.projects import Project, new, old

Descriptions = tuple[dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module")
def descriptions(old_package: str) -> Descriptions:
    """What 2.6.0 and this package offer."""
    apps = ["contenttypes", "auth", "messages", "admin"]
    installed = [*(f"django.contrib.{name}" for name in apps), "django_celery_results", "warehouse"]
    memory = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    project = Project(database=memory, settings={"INSTALLED_APPS": installed})
    return project.json(old(), "public_names.py"), project.json(new(), "public_names.py")


def test_every_public_name_exists(descriptions: Descriptions) -> None:
    theirs, ours = descriptions
    assert len(theirs["names"]) == 11
    assert {module: sorted(set(names) - set(ours["names"][module])) for module, names in theirs["names"].items()} == {
        module: [] for module in theirs["names"]
    }
    assert theirs["version"] == ours["version"]
    assert set(theirs["migrations"]) <= set(ours["migrations"])


def test_every_signature_accepts_the_same_arguments(descriptions: Descriptions) -> None:
    theirs, ours = descriptions
    differing = []
    for module, signatures in theirs["signatures"].items():
        for name, parameters in signatures.items():
            expected = [each for each in parameters if each != "*"]
            taken = ours["signatures"][module].get(name, [])
            if taken[: len(expected)] != expected or ("*" in parameters and "*" not in taken):
                differing.append((module, name, parameters, taken))
    assert differing == []


def test_every_column_has_the_same_definition(descriptions: Descriptions) -> None:
    theirs, ours = descriptions
    for model, table in theirs["tables"].items():
        assert ours["tables"][model]["meta"] == table["meta"]
        assert {name: ours["tables"][model]["columns"].get(name) for name in table["columns"]} == table["columns"]
    assert ours["texts"] == theirs["texts"] == ["<Task: t (PENDING)>", "<Group: g>"]


def test_urls_and_result_backends_have_the_same_names(descriptions: Descriptions) -> None:
    theirs, ours = descriptions
    assert ours["urls"] == theirs["urls"]
    assert theirs["backends"].items() <= ours["backends"].items()


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (
            "backends.database",
            [
                "BaseDictBackend",
                "ChordCounter",
                "ChordError",
                "GroupResultModel",
                "b64decode",
                "b64encode",
                "get_current_task",
                "logger",
                "maybe_signature",
            ],
        ),
        ("backends.cache", ["default_cache"]),
        ("managers", ["maybe_timedelta"]),
    ],
)
def test_names_that_projects_import_from_modules_of_2_x_exist(module: str, names: list[str]) -> None:
    imported = import_module(f"django_celery_results.{module}")
    assert [name for name in names if not hasattr(imported, name)] == []


@pytest.mark.parametrize("owner", [TaskResult.objects, GroupResult.objects])
def test_managers_remember_no_last_id_at_first(owner: Any) -> None:
    assert owner._last_id is None


def test_admin_classes_name_their_models() -> None:
    assert (TaskResultAdmin.model, GroupResultAdmin.model) == (TaskResult, GroupResult)


@isolate_apps("tests")
def test_clash_with_a_new_column_ends_by_the_documented_options() -> None:
    class Attempt(models.Model):  # noqa: DJ008 - nobody shows it
        task = models.ForeignKey(TaskResult, models.CASCADE)

        class Meta:
            app_label = "tests"

    class Retry(models.Model):  # noqa: DJ008 - nobody shows it
        task = models.ForeignKey(TaskResult, models.CASCADE, related_name="tries", related_query_name="retry")

        class Meta:
            app_label = "tests"

    class Attempts(models.Model):  # noqa: DJ008 - nobody shows it
        task = models.ForeignKey(TaskResult, models.CASCADE, related_query_name="attempts")

        class Meta:
            app_label = "tests"

    class Renamed(TaskResult):
        queue_of_project = models.CharField(max_length=50, db_column="queue")

        class Meta:
            app_label = "tests"

    assert get_clashes(Attempt) == {"fields.E303"}
    assert get_clashes(Retry) == get_clashes(Attempts) == get_clashes(Renamed) == set()


def get_clashes(model: type[models.Model]) -> set[str]:
    """Return the ids of the errors of a model's check, without that of isolated apps (a related model is elsewhere)."""
    return {error.id or "" for error in model.check()} - {"fields.E300"}
