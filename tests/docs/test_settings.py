"""docs/settings.md lists every setting with its description from the code."""

import importlib.util
from dataclasses import fields
from types import ModuleType

import pytest

from django_celery_results import conf as store
from graphql_api import conf as service
from tests.docs.pages import DOCS, page

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_match_the_code(tables: ModuleType) -> None:
    assert tables.with_tables(page("settings")) == page("settings"), "run `make docs`"


@pytest.mark.parametrize("settings", [store.Settings, store.StandingAlone, service.Settings])
def test_every_setting_has_a_description(tables: ModuleType, settings: type) -> None:
    said = tables.docstrings(settings)
    assert [known.name for known in fields(settings) if len(said.get(known.name, "").split()) < 3] == []


@pytest.mark.parametrize(
    ("settings", "prefix"), [(store.Settings, ""), (store.StandingAlone, f"{store.SETTING}_"), (service.Settings, "")]
)
def test_every_setting_has_a_row(settings: type, prefix: str) -> None:
    text = page("settings")
    assert [known.name for known in fields(settings) if f"| `{prefix}{known.name.upper()}` | `" not in text] == []
