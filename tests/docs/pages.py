"""Read the pages of the documentation, and the blocks of code in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text()


def code_blocks(name: str, language: str) -> list[str]:
    """Return the blocks of one language, in the order of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```", page(name), re.DOTALL | re.MULTILINE)


def code_block(name: str, language: str, containing: str) -> str:
    """Return the only block of a page that contains this text."""
    [code] = [code for code in code_blocks(name, language) if containing in code]
    return code
