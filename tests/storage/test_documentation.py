"""docs/storing.md says what the code does."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
TEXT = (Path(__file__).parents[2] / "docs" / "storing.md").read_text()


def test_the_import_of_the_page_is_there() -> None:
    (line,) = re.findall(r"^from django_celery_results.*$", TEXT, re.MULTILINE)
    exec(line, {})
