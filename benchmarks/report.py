"""Figures of interleaved rounds, and the table that is printed of them."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contenders import Contender


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one contender showed in every round."""

    contender: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)


def interleaved(contenders: Sequence[Contender], measure: Callable[[Contender], float], rounds: int) -> list[Figures]:
    """Every contender once per round, in turn, so that a machine that drifts drifts for all."""
    seen: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        for contender in contenders:
            seen[contender.name].append(measure(contender))
            print(f"  round {number + 1}/{rounds}  {contender.name}: {seen[contender.name][-1]:.1f}", flush=True)
    return [Figures(contender=name, values=tuple(values)) for name, values in seen.items()]


def table(title: str, unit: str, figures: Sequence[Figures], *, more_is_better: bool) -> dict[str, Any]:
    """Print medians with their ratio to the first contender's; return them for the JSON file."""
    first = figures[0].median
    print(f"\n{title} ({unit}; median of {len(figures[0].values)} interleaved rounds)")
    rows = []
    for figure in figures:
        ratio = first / figure.median if more_is_better else figure.median / first
        low, high = min(figure.values), max(figure.values)
        print(
            f"  {figure.contender:34} {figure.median:10.1f}  ({low:.1f} to {high:.1f})"
            f"   {figures[0].contender} is {ratio:.2f} x"
        )
        rows.append({"contender": figure.contender, "median": figure.median, "values": figure.values, "ratio": ratio})
    return {"title": title, "unit": unit, "rows": rows}


def keep(name: str, tables: list[dict[str, Any]], folder: Path) -> None:
    """The raw figures as JSON beside those of other runs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(tables, indent=2) + "\n")
