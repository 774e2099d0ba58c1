"""Whatever a project may name of the real 2.6.0 is here under the same name, and takes the same arguments."""

from __future__ import annotations

from typing import Any

import pytest

from .projects import Project, new, old

Names = tuple[dict[str, Any], dict[str, Any]]
pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def both(old_package: str) -> Names:
    apps = ["contenttypes", "auth", "messages", "admin"]
    installed = [*(f"django.contrib.{name}" for name in apps), "django_celery_results", "warehouse"]
    memory = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    project = Project(database=memory, settings={"INSTALLED_APPS": installed})
    return project.json(old(), "names.py"), project.json(new(), "names.py")


def test_every_name_is_here(both: Names) -> None:
    theirs, ours = both
    assert len(theirs["names"]) == 11
    assert {module: sorted(set(names) - set(ours["names"][module])) for module, names in theirs["names"].items()} == {
        module: [] for module in theirs["names"]
    }
    assert theirs["version"] == ours["version"]
    assert set(theirs["migrations"]) <= set(ours["migrations"])


def test_every_function_and_method_takes_the_same_arguments_in_the_same_order(both: Names) -> None:
    theirs, ours = both
    differing = []
    for module, signatures in theirs["signatures"].items():
        for name, parameters in signatures.items():
            expected = [each for each in parameters if each != "*"]
            taken = ours["signatures"][module].get(name, [])
            if taken[: len(expected)] != expected or ("*" in parameters and "*" not in taken):
                differing.append((module, name, parameters, taken))
    assert differing == []


def test_every_column_is_what_it_was(both: Names) -> None:
    theirs, ours = both
    for model, table in theirs["tables"].items():
        assert ours["tables"][model]["meta"] == table["meta"]
        assert {name: ours["tables"][model]["columns"].get(name) for name in table["columns"]} == table["columns"]
    assert ours["texts"] == theirs["texts"] == ["<Task: t (PENDING)>", "<Group: g>"]


def test_urls_and_result_backends_have_the_same_names(both: Names) -> None:
    theirs, ours = both
    assert ours["urls"] == theirs["urls"]
    assert theirs["backends"].items() <= ours["backends"].items()
