"""`store_result` alone, 100 bytes and 10 kB, against the raw driver's prepared upsert of the same row."""

from __future__ import annotations

import json
from typing import Any

from .contenders import old, ours
from .databases import fresh_database
from .report import aimed


def run(*, rounds: int, rows: int = 300) -> list[dict[str, Any]]:
    found = []
    print("\nstore_result against the raw driver's upsert, PostgreSQL (ratio of rates: 1 is as fast as the driver)")
    for size in (100, 10_000):
        for contender in (ours(BENCH_RESULTS='{"MERGE_STARTED_AFTER": 0}'), old()):
            with fresh_database(contender):
                seen = json.loads(contender.run("probe_store.py", str(rows), str(size), str(rounds)))
            row = {
                "contender": contender.name,
                "bytes": size,
                "first": seen["first"] / seen["raw_first"],
                "update": seen["update"] / seen["raw_update"],
                "figures": seen,
            }
            found.append(row)
            target = 0.8 if contender.name == ours().name else None
            first, update = (f"{row[name]:.2f}{aimed(row[name], target)}" for name in ("first", "update"))
            print(f"  {size:6} B  {contender.name:10} first write {first}   update {update}")
    return [{"title": "store_result", "unit": "ratio to the raw driver", "rows": found}]
