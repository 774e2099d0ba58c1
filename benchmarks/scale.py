"""One large table on PostgreSQL: what a task takes on disk, and how long questions over all of them take."""

from __future__ import annotations

import json
from typing import Any

from .api import ask, database
from .report import Figures, table


def run(*, tasks: int) -> list[dict[str, Any]]:
    print(f"\nA table of {tasks:,} tasks (in process, median)")
    with database():
        ask("json", "seed.py", str(tasks))
        seen: dict[str, float] = json.loads(ask("ours", "probe_scale.py", "15"))
        beside: dict[str, dict[str, list[float]]] = json.loads(ask("ours", "probe_statements.py", "9"))
    for title, figure in seen.items():
        print(f"  {title:44} {figure:10.1f}")
    rows = [{"contender": title, "median": figure} for title, figure in seen.items()]
    return [
        {"title": f"A table of {tasks:,} tasks", "unit": "ms, bytes per task", "rows": rows},
        *(_beside(title, by_name) for title, by_name in beside.items()),
    ]


def _beside(title: str, by_name: dict[str, list[float]]) -> dict[str, Any]:
    figures = [Figures(contender=name, values=tuple(values)) for name, values in by_name.items()]
    return table(title, "ms", figures, more_is_better=False)
