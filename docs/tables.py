"""Writes the tables of `settings.md` from the settings' own classes: `python docs/tables.py`, or `--check` to compare.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; what stands around it is written by hand.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "settings.md"
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> int:
    text = PAGE.read_text()
    written = with_tables(text)
    if "--check" in sys.argv:
        return 0 if text == written else 1
    PAGE.write_text(written)
    return 0


def with_tables(text: str) -> str:
    """The page with its tables as the code has them now."""
    from django_celery_results import conf as store
    from graphql_api import conf as service

    tables = {
        "DJANGO_CELERY_RESULTS": (store.Settings, ""),
        "GRAPHQL_API": (service.Settings, ""),
        "STANDING_ALONE": (store.StandingAlone, f"{store.SETTING}_"),
    }
    return _TABLE.sub(lambda found: f"{found[1]}{table(*tables[found[2]])}{found[3]}", text)


def table(settings: type, prefix: str) -> str:
    """One row per field: its key, its default, and the sentence under it in the source."""
    said = docstrings(settings)
    rows = [
        f"| `{prefix}{known.name.upper()}` | `{default(known)}` | {_escaped(said[known.name])} |"
        for known in dataclasses.fields(settings)
    ]
    return "\n".join(["", "| key | default | what it says |", "|---|---|---|", *rows, "", ""])


def docstrings(settings: type) -> dict[str, str]:
    """The string under each annotated field. Python throws them away, so they are read from the source."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(settings))).body
    assert isinstance(found, ast.ClassDef)  # noqa: S101 - for the type checker
    said: dict[str, str] = {}
    for field, text in zip(found.body, found.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            said[field.target.id] = " ".join(ast.literal_eval(text.value).split())
    return said


def default(field: dataclasses.Field[Any]) -> str:
    """A default as Python writes it; that of the engine depends on what is installed."""
    if field.name == "engine":
        return "the installed one"
    value = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    return json.dumps(list(value)) if isinstance(value, tuple) else repr(value).replace("'", '"')


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
