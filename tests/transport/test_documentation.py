"""docs/http.md says what the code does."""

import re
from dataclasses import MISSING, Field, fields
from pathlib import Path

import pytest

from graphql_api.conf import Settings
from graphql_api.transport import refusals

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text()


def test_every_setting_stands_there_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| `(.+?)` \|", TEXT, re.MULTILINE)
    assert dict(rows) == {known.name.upper(): _default(known) for known in fields(Settings)}


def _default(setting: Field[object]) -> str:
    return "the installed one" if setting.default is MISSING else repr(setting.default).replace("'", '"')


@pytest.mark.parametrize("refusal", refusals.Refusal.__subclasses__())
def test_every_refusal_stands_there(refusal: type[refusals.Refusal]) -> None:
    assert str(refusal.status) in TEXT
    assert refusal.code in TEXT
