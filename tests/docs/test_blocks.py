"""On every page Python compiles, settings exist, and commands accept the options that are shown."""

import ast
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class

from django_celery_results import conf as store
from graphql_api import conf as service
from tests.docs.pages import DOCS, code_blocks

pytestmark = pytest.mark.once
PAGES = sorted(path.stem for path in DOCS.glob("*.md"))


def commands(name: str) -> Iterator[str]:
    """Yield what a page passes to `manage.py`, without comments."""
    for block in [*code_blocks(name, "console"), *code_blocks(name, "bash")]:
        yield from re.findall(r"^\$? ?.*?python manage\.py (.*?)(?:\s+#.*)?$", block, re.MULTILINE)


COMMANDS = [(name, line) for name in PAGES for line in commands(name)]
PYTHON = [(name, block) for name in PAGES for block in code_blocks(name, "python")]
SETTINGS = [
    (name, block) for name, block in PYTHON if re.match(r"((CELERY|DJANGO_CELERY|GRAPHQL)[A-Z_]* = |\n)+", block)
]


@pytest.mark.parametrize(("name", "block"), PYTHON, ids=[name for name, _ in PYTHON])
def test_python_compiles(name: str, block: str) -> None:
    compile(block, f"docs/{name}.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize(("name", "block"), SETTINGS, ids=[name for name, _ in SETTINGS])
def test_settings_exist(name: str, block: str, settings: Any) -> None:
    shown: dict[str, Any] = {}
    exec(block, shown)
    for setting in (store.SETTING, service.SETTING):
        setattr(settings, setting, shown.get(setting, {}))
    assert (store.unknown_keys(), service.unknown_keys()) == ([], [])


@pytest.mark.parametrize(("name", "line"), COMMANDS, ids=[line for _, line in COMMANDS])
def test_command_accepts_its_options(name: str, line: str) -> None:
    command, *options = shlex.split(line)
    loaded = load_command_class(get_commands()[command], command)
    loaded.create_parser("manage.py", command).parse_args(options)


def test_pages_show_python_settings_and_commands() -> None:
    assert len(PYTHON) > 20
    assert len(SETTINGS) > 4
    assert len(COMMANDS) > 12
