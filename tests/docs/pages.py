"""The documentation's pages, and the blocks of code in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text()


def blocks(name: str, language: str) -> list[str]:
    """The blocks of one language, in the order of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```", page(name), re.DOTALL | re.MULTILINE)


def block(name: str, language: str, containing: str) -> str:
    """The only block of a page that contains this."""
    [found] = [code for code in blocks(name, language) if containing in code]
    return found
