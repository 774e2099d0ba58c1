"""Every public name of the real 2.6.0 exists here, and accepts the same arguments."""

from typing import Any

import pytest

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
