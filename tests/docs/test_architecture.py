"""docs/architecture.md names rooms that are there."""

import re
from itertools import chain
from pathlib import Path

import pytest

import django_celery_results
import graphql_api
from tests.docs.pages import ROOT, page

pytestmark = pytest.mark.once
STORE, SERVICE = Path(django_celery_results.__file__).parent, Path(graphql_api.__file__).parent
ROOMS = page("architecture").partition("## The rooms")[2].partition("\n## ")[0]
BEGINNINGS = page("architecture").partition("## Where to begin")[2]


def named(text: str) -> set[str]:
    """Files and folders; `graphql_api/` is understood from the room before where it is left out."""
    return set(re.findall(r"`([\w/*]+(?:\.py|/))`", text)) | set(re.findall(r"`((?:tests|docs|benchmarks)/\w*)`", text))


@pytest.mark.parametrize("name", sorted(named(ROOMS) | named(BEGINNINGS)))
def test_a_room_that_it_names_is_there(name: str) -> None:
    inside = name.removeprefix("graphql_api/")
    places = chain(STORE.glob(name), STORE.glob(f"*/{name}"), SERVICE.glob(inside), SERVICE.glob(f"*/{inside}"))
    assert next(places, None) or (ROOT / name).exists()


def test_no_room_of_the_store_is_left_out() -> None:
    folders = {path.name for path in STORE.iterdir() if (path / "__init__.py").exists()}
    assert {folder for folder in folders if f"`{folder}/`" not in ROOMS} == set()
