"""One large table on PostgreSQL: what a task takes on disk, and how long questions over all of them take."""

from __future__ import annotations

import json
from typing import Any

from .api import ask, database


def run(*, tasks: int) -> list[dict[str, Any]]:
    print(f"\nA table of {tasks:,} tasks (in process, median)")
    with database():
        ask("json", "seed.py", str(tasks))
        seen: dict[str, float] = json.loads(ask("ours", "probe_scale.py", "15"))
    for title, figure in seen.items():
        print(f"  {title:44} {figure:10.1f}")
    rows = [{"contender": title, "median": figure} for title, figure in seen.items()]
    return [{"title": f"A table of {tasks:,} tasks", "unit": "ms, bytes per task", "rows": rows}]
