"""Pruning: half of a million rows are expired."""

from __future__ import annotations

import json
from typing import Any

from .contenders import old, ours
from .databases import fresh_database


def run(*, rounds: int, rows: int = 1_000_000) -> list[dict[str, Any]]:
    print(f"\nDeleting {rows // 2:,} expired of {rows:,} rows")
    found = []
    for number in range(rounds):
        for contender, how in ((ours(), "ours"), (ours("one raw DELETE"), "raw"), (old(), "old")):
            with fresh_database(contender):
                seen = json.loads(contender.run("probe_prune.py", str(rows), how))
            found.append({"contender": contender.name, "round": number, **seen})
            print(
                f"  {contender.name:16} {seen['seconds']:6.2f} s, peak memory +{seen['peak_mb']:.0f} MB,"
                f" longest statement {seen['longest_ms']:.0f} ms"
            )
    return [{"title": "Retention", "unit": "s", "rows": found}]
