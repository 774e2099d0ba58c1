"""docs/checks.md lists every system check, and docs/upgrading.md names settings that exist."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from django_celery_results import checks
from django_celery_results.conf import Settings
from tests.docs.pages import page

pytestmark = pytest.mark.once


def test_every_check_is_documented_and_tested() -> None:
    source = "".join(path.read_text() for path in Path(checks.__file__).parent.glob("*.py"))
    calls = re.findall(r"\b(error|warning|info)\((\d+),", source)
    ids = {f"{level[0].upper()}{int(number):03}" for level, number in calls}
    documented = set(re.findall(r"django_celery_results\.([EWI]\d{3})` \|", page("checks")))
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    tested = {check_id.upper() for check_id in re.findall(r"def test_([ewi]\d{3})_", tests)}
    assert ids == documented == tested


def test_settings_in_the_upgrade_guide_exist() -> None:
    named = set(re.findall(r"`([A-Z_]{4,}):", page("upgrading")))
    named |= set(re.findall(r'"([A-Z_]{4,})": True', page("upgrading")))
    assert named
    assert named <= {field.name.upper() for field in fields(Settings)}
