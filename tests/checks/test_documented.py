"""The pages on checks and upgrading name what exists, and all of it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from django_celery_results import checks
from django_celery_results.conf import Settings

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent.parent


def test_every_check_is_documented_and_tested() -> None:
    source = "".join(path.read_text() for path in Path(checks.__file__).parent.glob("*.py"))
    raised = re.findall(r"\b(error|warning|info)\((\d+),", source)
    ids = {f"{level[0].upper()}{int(number):03}" for level, number in raised}
    documented = set(re.findall(r"django_celery_results\.([EWI]\d{3})` \|", (ROOT / "docs" / "checks.md").read_text()))
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    tested = re.findall(r"def test_([ewi]\d{3})_", tests)
    assert ids == documented == {each.upper() for each in tested}


def test_the_settings_that_the_pages_name_exist() -> None:
    text = (ROOT / "docs" / "upgrading.md").read_text()
    named = set(re.findall(r"`([A-Z_]{4,}):", text)) | set(re.findall(r'"([A-Z_]{4,})": True', text))
    assert named
    assert named <= {known.name.upper() for known in fields(Settings)}
