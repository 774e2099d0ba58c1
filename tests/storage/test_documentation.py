"""The page docs/storing.md."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
TEXT = (Path(__file__).parents[2] / "docs" / "storing.md").read_text()


def test_imports_in_storing_md_work() -> None:
    (line,) = re.findall(r"^from django_celery_results.*$", TEXT, re.MULTILINE)
    exec(line, {})
