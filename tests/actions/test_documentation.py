"""The page about retrying says what is there."""

import re
from pathlib import Path

from django_celery_results.actions.outcome import ErrorCode
from django_celery_results.conf import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "retrying.md").read_text()


def test_every_refusal_is_explained() -> None:
    table = PAGE.partition("## Refusals")[2].partition("## ")[0]
    assert set(re.findall(r"`([A-Z_]+)`", table)) >= {code.value for code in ErrorCode}


def test_every_setting_it_names_exists() -> None:
    known = {name.upper() for name in Settings.__dataclass_fields__}
    named = set(re.findall(r"`((?:STORE|MESSAGE|OPERATION|REDACT|CELERY)_[A-Z_]+)`", PAGE))
    assert named
    assert named <= known


def test_its_python_compiles() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        compile(block, "docs/retrying.md", "exec")
