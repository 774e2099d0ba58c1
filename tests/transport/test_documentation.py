"""docs/http.md says what the code does."""

from pathlib import Path

import pytest

from graphql_api.transport import refusals

pytestmark = pytest.mark.once

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text()


@pytest.mark.parametrize("refusal", refusals.Refusal.__subclasses__())
def test_every_refusal_stands_there(refusal: type[refusals.Refusal]) -> None:
    assert str(refusal.status) in TEXT
    assert refusal.code in TEXT
