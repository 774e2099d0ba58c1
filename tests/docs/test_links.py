"""The Markdown pages of the repository link to files that exist, and name commands of the Makefile that exist."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

pytestmark = pytest.mark.once

PAGES = [page for folder in (".", "docs", "examples", "examples/*") for page in sorted(ROOT.glob(f"{folder}/*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_links_to_existing_files(page: Path) -> None:
    links = re.findall(r"""\]\(([^)]+)\)|(?:src|srcset)="([^"]+)\"""", page.read_text())
    paths = [(link or image).partition("#")[0] for link, image in links if not link.startswith("https:")]
    assert [path for path in paths if not (page.parent / path).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_make_commands_are_targets_of_the_makefile(name: str) -> None:
    commands = set(re.findall(r"make ([a-z-]+)", (ROOT / name).read_text()))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert commands
    assert commands - targets == set()
