"""Figures of interleaved rounds, and the table that is printed of them."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
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


def table(
    title: str,
    unit: str,
    figures: Sequence[Figures],
    *,
    more_is_better: bool,
    targets: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Print medians with their ratio to the first contender's, and to what is aimed at; return them for the JSON file.

    `targets`: by contender, how many times as good as it the first one is to be.
    """
    first = figures[0].median
    print(f"\n{title} ({unit}; median of {len(figures[0].values)} interleaved rounds)")
    rows = []
    for figure in figures:
        ratio = first / figure.median if more_is_better else figure.median / first
        low, high = min(figure.values), max(figure.values)
        target = (targets or {}).get(figure.contender)
        print(
            f"  {figure.contender:34} {figure.median:10.1f}  ({low:.1f} to {high:.1f})"
            f"   {figures[0].contender} is {ratio:.2f} x{aimed(ratio, target)}"
        )
        row = {"contender": figure.contender, "median": figure.median, "values": figure.values, "ratio": ratio}
        rows.append({**row, "target": target})
    return {"title": title, "unit": unit, "rows": rows}


def aimed(ratio: float, target: float | None) -> str:
    """What is printed beside a ratio that has a target."""
    if target is None:
        return ""
    return f", target {target:.2f}: {'met' if ratio >= target else 'missed'}"


def keep(name: str, tables: list[dict[str, Any]], folder: Path) -> None:
    """The raw figures as JSON beside those of other runs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(tables, indent=2) + "\n")
