"""docs/architecture.md names files and folders that exist, and every package of the store."""

import re
from itertools import chain
from pathlib import Path

import pytest

import django_celery_results
import graphql_api
from tests.docs.pages import ROOT, page

pytestmark = pytest.mark.once

STORE, SERVICE = Path(django_celery_results.__file__).parent, Path(graphql_api.__file__).parent
PAGE = page("architecture")
PATHS = sorted({*re.findall(r"`([\w/*]+(?:\.py|/))`", PAGE), *re.findall(r"`((?:tests|docs|benchmarks)/\w*)`", PAGE)})


@pytest.mark.parametrize("name", PATHS)
def test_named_path_exists(name: str) -> None:
    # The page leaves out the name of the package where the row before has it.
    inside = name.removeprefix("graphql_api/")
    matches = chain(STORE.glob(name), STORE.glob(f"*/{name}"), SERVICE.glob(inside), SERVICE.glob(f"*/{inside}"))
    assert next(matches, None) or (ROOT / name).exists()


def test_every_package_of_the_store_is_named() -> None:
    packages = {path.name for path in STORE.iterdir() if (path / "__init__.py").exists()}
    assert packages
    assert {name for name in packages if f"`{name}/`" not in PAGE} == set()
