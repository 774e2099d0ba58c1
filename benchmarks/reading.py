"""Reading results: groups of 1,000, the state of one task, and how long a waiter waits."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

from . import worker
from .contenders import Contender, old, ours, redis
from .databases import fresh_database
from .report import Figures, interleaved, table


def groups(*, rounds: int, members: int = 1000) -> list[dict[str, Any]]:
    seen: dict[str, list[Figures]] = {}
    for contender in (ours(), redis(), old()):
        with fresh_database(contender):
            answer = json.loads(contender.run("probe_group.py", str(members), str(rounds)))
        for name, value in answer.items():
            seen.setdefault(name, []).append(Figures(contender=contender.name, values=(value,)))
    targets = {redis().name: 3.0, old().name: 10.0}
    return [
        table(f"GroupResult.{name}() of {members}", "ms", figures, more_is_better=False, targets=targets)
        for name, figures in seen.items()
    ]


def state(*, reads: int = 500) -> list[dict[str, Any]]:
    print("\nAsyncResult.state against the raw driver's select (ratio of times)")
    rows = []
    for contender in (ours(), old()):
        with fresh_database(contender):
            seen = json.loads(contender.run("probe_state.py", str(reads)))
        ratio = seen["state"] / seen["raw"]
        rows.append({"contender": contender.name, "ratio": ratio, "figures": seen})
        target = ", target 2: " + ("met" if ratio <= 2 else "missed") if contender.name == ours().name else ""
        print(f"  {contender.name:10} {seen['state']:.2f} ms, the driver {seen['raw']:.2f} ms: {ratio:.2f} x{target}")
    return [{"title": "AsyncResult.state", "unit": "ratio to the raw driver", "rows": rows}]


def waiting(*, rounds: int) -> list[dict[str, Any]]:
    contenders = [
        ours(),
        ours("ours, LISTEN/NOTIFY", BENCH_RESULTS='{"NOTIFY": true}'),
        redis(),
        old(),
    ]
    found = []
    for seconds, number in ((0.0, 30), (0.05, 30), (2.5, 3)):

        def measure(contender: Contender, seconds: float = seconds, number: int = number) -> float:
            with ExitStack() as stack:
                stack.enter_context(fresh_database(contender))
                queue, _ = stack.enter_context(worker.running(contender))
                return float(contender.run("probe_get.py", queue, str(seconds), str(number)))

        figures = interleaved(contenders, measure, rounds)
        found.append(
            table(f"AsyncResult.get() of a task of {seconds} s", "ms beyond it", figures, more_is_better=False)
        )
    return found
