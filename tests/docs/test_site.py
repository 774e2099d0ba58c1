"""The pages build into a site without a warning, and the site needs no other host."""

import os
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.pages import ROOT

pytestmark = pytest.mark.once
LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "embed": "src",
    "object": "data",
    "link": "href",
}


class Loaded(HTMLParser):
    """What a browser fetches by itself; links that somebody has to click are no part of it."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.urls += [value or "" for name, value in attrs if name == LOADS.get(tag)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Building fails by a warning: a broken link or anchor, a page in no table of contents, code that is none."""
    if find_spec("sphinx") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "Sphinx is not installed: the extra docs has it"
        )
    folder: Path = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", str(folder / "trees")]
    built = subprocess.run(
        [*command, str(ROOT / "docs"), str(folder / "html")], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return folder / "html"


def test_the_site_has_all_pages(site: Path) -> None:
    assert {page.stem for page in (ROOT / "docs").glob("*.md")} <= {page.stem for page in site.glob("*.html")}


def test_the_site_loads_nothing_from_other_hosts(site: Path) -> None:
    foreign: list[str] = []
    for page in site.rglob("*.html"):
        found = Loaded()
        found.feed(page.read_text())
        foreign += [f"{page.name}: {url}" for url in found.urls if urlsplit(url).netloc]
    for sheet in site.rglob("*.css"):
        text = sheet.read_text().replace(" ", "")
        foreign += [
            f"{sheet.name}: {part}"
            for part in ("url(http", "url(//", 'url("http', "@importurl(h", '@import"h')
            if part in text
        ]
    assert foreign == []
