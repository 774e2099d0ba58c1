"""`store_result` alone, 100 bytes and 10 kB, against the raw driver's upsert of a finished row, on each database."""

from __future__ import annotations

import json
import re
from typing import Any

from .contenders import CACHE, Contender, old, ours
from .databases import fresh_database
from .report import aimed

_SIZES = (100, 10_000)
_DATABASES = {
    "PostgreSQL, prepared": "postgresql",
    "PostgreSQL, prepared, each commit 1.0 ms longer": "postgresql",
    "PostgreSQL, prepared, each commit 3.4 ms longer": "postgresql",
    "MariaDB, PyMySQL": "mysql",
    "SQLite, journal_mode=WAL and synchronous=FULL": "sqlite",
}
_LONGER = re.compile(r"commit ([\d.]+) ms longer")
"""As disks of servers go: 3.4 ms make 270 durable writes a second, as on the disk for which the targets were set.

On a faster one, what a write costs beside its fsync is nearly all there is.
"""
_TARGETS = {"postgresql": (0.8, 0.8), "mysql": (0.55, 0.85), "sqlite": (0.75, 0.75)}
"""Ratios of rates that we aim at: of a first write, and of an update."""


def run(*, rounds: int, rows: int = 300) -> list[dict[str, Any]]:
    return [_measured(vendor, database, rounds, rows) for database, vendor in _DATABASES.items()]


def _measured(vendor: str, database: str, rounds: int, rows: int) -> dict[str, Any]:
    title = f"store_result against the raw driver's upsert, {database}"
    print(f"\n{title} (ratio of rates: 1 is as fast as the driver)")
    more = {"BENCH_VENDOR": vendor, **_disk(database)}
    contenders = ours(**more, **_file("ours", vendor)), old(**more, **_file("old", vendor))
    found = [_row(contender, vendor, size, rounds, rows) for size in _SIZES for contender in contenders]
    return {"title": title, "unit": "ratio to the raw driver", "rows": found}


def _disk(database: str) -> dict[str, str]:
    longer = _LONGER.search(database)
    return {"PGOPTIONS": f"-c commit_delay={float(longer[1]) * 1000:.0f} -c commit_siblings=0"} if longer else {}


def _file(name: str, vendor: str) -> dict[str, str]:
    return {"BENCH_DATABASE": str(CACHE / f"{name}.sqlite3")} if vendor == "sqlite" else {}


def _row(contender: Contender, vendor: str, size: int, rounds: int, rows: int) -> dict[str, Any]:
    with fresh_database(contender):
        seen = json.loads(contender.run("probe_store.py", str(rows), str(size), str(rounds)))
    first, update = (seen[name] / seen[f"raw_{name}"] for name in ("first", "update"))
    targets = _TARGETS[vendor] if contender.name == ours().name else (None, None)
    shown = [f"{ratio:.2f}{aimed(ratio, target)}" for ratio, target in zip((first, update), targets, strict=True)]
    rates = f"{seen['first']:.0f} and {seen['update']:.0f} per second"
    print(f"  {size:6} B  {contender.name:10} first write {shown[0]}   update {shown[1]}   ({rates})")
    return {"contender": contender.name, "bytes": size, "first": first, "update": update, "figures": seen}
