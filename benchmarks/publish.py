"""`python -m benchmarks.publish`: write the tables of README.md and docs/scale.md from the figures of the last runs.

A table stands between `<!-- figures: NAME -->` and `<!-- end -->`; names whose figures are missing are left alone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .contenders import CACHE

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "scale.md")
OURS, OLD, REDIS = "ours", "2.6.0", "Celery's Redis backend"
STOCK, GRAPHENE, VIEW = "stock strawberry-django", "stock graphene-django", "hand-written JSON view"
STORE = (
    ("end_to_end", "End to end", "no-op tasks a second, one worker of 2 processes"),
    ("chords", "Chord of", "chord of 1,000 empty tasks, s"),
    ("groups", "GroupResult.get()", "`GroupResult.get()` of 1,000, ms"),
    ("waiting", "AsyncResult.get() of a task of 0.0 s", "`get()` of an empty task, ms"),
)
API = (
    ("api", "A:", "page of 100 tasks, 12 fields, ms"),
    ("api", "B:", "one task by id, ms"),
    ("api", "C:", "20 groups of 20 tasks, ms"),
    ("api_http", "Page of 100 over HTTP, gunicorn", "page of 100 over HTTP, requests/s"),
)


def main() -> None:
    tables = {
        "store": (list(_compared(STORE, (OURS, OLD, REDIS))), ("", OURS, OLD, REDIS)),
        "api": (list(_compared(API, (OURS, STOCK, GRAPHENE, VIEW))), ("", OURS, STOCK, GRAPHENE, VIEW)),
        "scale": (list(_listed("scale")), ("", *(table["title"].split(" of ")[1] for table in _tables("scale")[:1]))),
    }
    for page in PAGES:
        text = page.read_text()
        for name, (rows, columns) in tables.items():
            text = _filled(text, name, rows, columns)
        page.write_text(text)


def _compared(rows: tuple[tuple[str, str, str], ...], columns: tuple[str, ...]) -> Iterator[list[str]]:
    for name, title, shown in rows:
        for table in _tables(name):
            if table["title"].startswith(title):
                medians = {row["contender"]: row["median"] for row in table["rows"]}
                yield [shown, *(_figure(medians, column) for column in columns)]


def _listed(name: str) -> Iterator[list[str]]:
    for table in _tables(name)[:1]:
        for row in table["rows"]:
            unit = "" if row["contender"].startswith("bytes") else ", ms"
            yield [f"{row['contender']}{unit}", f"{row['median']:.0f}"]


def _figure(medians: Mapping[str, float], column: str) -> str:
    if column not in medians:
        return "-"
    value = medians[column]
    shown = f"{value:,.0f}" if value >= 20 else f"{value:.1f}"
    return f"**{shown}**" if column == OURS else shown


def _tables(name: str) -> list[dict[str, Any]]:
    kept = CACHE / f"{name}.json"
    return json.loads(kept.read_text()) if kept.exists() else []


def _filled(text: str, name: str, rows: list[list[str]], columns: tuple[str, ...]) -> str:
    if not rows:
        return text
    lines = [columns, ["---"] + ["--:"] * (len(columns) - 1), *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    measured = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores with everything on one machine, "
        "PostgreSQL with fsync. Compare along a row."
    )
    return re.sub(
        rf"(<!-- figures: {name} -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{table}\n\n{measured}\n\n{found[2]}",
        text,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    main()
