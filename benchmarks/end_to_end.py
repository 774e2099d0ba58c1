"""Tasks per second of a real worker: publish no-op tasks, then let two prefork children run them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from . import worker
from .contenders import Contender, disabled, old, ours, redis
from .databases import fresh_database
from .report import interleaved, table


def run(*, rounds: int, tasks: int) -> list[dict[str, Any]]:
    contenders = [
        ours(),
        ours("ours, no CONN_MAX_AGE", conn_max_age=0),
        redis(),
        disabled(),
        old(),
    ]

    def measure(contender: Contender) -> float:
        with ExitStack() as stack:
            stack.enter_context(fresh_database(contender))
            queue, node = stack.enter_context(worker.running(contender, consume=False))
            return float(contender.run("probe_throughput.py", queue, node, str(tasks)))

    figures = interleaved(contenders, measure, rounds)
    targets = {redis().name: 1.0, old().name: 5.0}
    return [table(f"End to end, {tasks} no-op tasks", "tasks/s", figures, more_is_better=True, targets=targets)]
