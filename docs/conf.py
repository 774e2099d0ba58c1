"""How Sphinx builds these pages: `make docs`. They are read on their own as well, so they are plain Markdown."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent

project = "django-celery-results"
author = "The contributors"
copyright = "The contributors"  # noqa: A001 - Sphinx's name
release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

extensions = ["myst_parser"]
myst_heading_anchors = 3
nitpicky = True
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_opensearch = ""


def setup(app: Sphinx) -> None:
    """The site shows the changelog, to which the page on releases links where it is read as it is."""
    app.connect("source-read", add_changelog)


def add_changelog(app: Sphinx, page: str, source: list[str]) -> None:
    if page == "releases":
        here = source[0].replace("is in [CHANGELOG.md](../CHANGELOG.md).", "is told below.")
        source[0] = f"{here}\n```{{include}} ../CHANGELOG.md\n:heading-offset: 1\n:relative-docs: docs/\n```\n"
