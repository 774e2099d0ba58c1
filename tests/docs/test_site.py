"""The pages build into a site without a warning, and the site loads nothing from other hosts."""

import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import services
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


class LoadedUrls(HTMLParser):
    """The URLs that a browser fetches without a click."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.urls += [value or "" for name, value in attrs if name == LOADS.get(tag)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site. A warning fails the build: a broken link or anchor, a page in no table of contents."""
    if find_spec("sphinx") is None:
        services.missing("Sphinx is not installed: the extra docs has it")
    folder: Path = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", str(folder / "trees")]
    built = subprocess.run(
        [*command, str(ROOT / "docs"), str(folder / "html")], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return folder / "html"


def test_site_contains_every_page(site: Path) -> None:
    assert {page.stem for page in (ROOT / "docs").glob("*.md")} <= {page.stem for page in site.glob("*.html")}


def test_site_loads_nothing_from_other_hosts(site: Path) -> None:
    foreign: list[str] = []
    for page in site.rglob("*.html"):
        parser = LoadedUrls()
        parser.feed(page.read_text())
        foreign += [f"{page.name}: {url}" for url in parser.urls if urlsplit(url).netloc]
    for sheet in site.rglob("*.css"):
        text = sheet.read_text().replace(" ", "")
        foreign += [
            f"{sheet.name}: {part}"
            for part in ("url(http", "url(//", 'url("http', "@importurl(h", '@import"h')
            if part in text
        ]
    assert foreign == []
