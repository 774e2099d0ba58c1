"""docs/storing.md says what the code does."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from django_celery_results.conf import Settings

pytestmark = pytest.mark.once
TEXT = (Path(__file__).parents[2] / "docs" / "storing.md").read_text()


def shown(value: Any) -> str:
    return json.dumps(list(value)) if isinstance(value, tuple) else repr(value).replace("'", '"')


def test_every_setting_stands_there_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| `(.+?)` \|", TEXT, re.MULTILINE)
    defaults = Settings()
    assert dict(rows) == {known.name.upper(): shown(getattr(defaults, known.name)) for known in fields(Settings)}


def test_the_import_of_the_page_is_there() -> None:
    (line,) = re.findall(r"^from django_celery_results.*$", TEXT, re.MULTILINE)
    exec(line, {})
