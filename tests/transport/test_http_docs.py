"""docs/http.md lists the status and the code of every refused request."""

import re
from pathlib import Path

import pytest

from graphql_api.transport import refusals

pytestmark = pytest.mark.once

PAGE = (Path(__file__).parents[2] / "docs" / "http.md").read_text()
ROWS = re.findall(r"^\| ([\d, ]+) \|.*\| (.*) \|$", PAGE, re.MULTILINE)
DOCUMENTED = {
    (int(status), code)
    for statuses, codes in ROWS
    for status in statuses.split(",")
    for code in re.findall(r"`(\w+)`", codes)
}


@pytest.mark.parametrize("refusal", refusals.Refusal.__subclasses__())
def test_status_and_code_of_a_refusal_are_documented_in_one_row(refusal: type[refusals.Refusal]) -> None:
    assert (refusal.status, refusal.code) in DOCUMENTED
