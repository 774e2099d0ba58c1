"""A chord of 1,000 empty members, from sending it to the result of its body."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from . import worker
from .contenders import Contender, old, ours, redis
from .databases import fresh_database
from .report import interleaved, table


def run(*, rounds: int, members: int = 1000) -> list[dict[str, Any]]:
    def measure(contender: Contender) -> float:
        with ExitStack() as stack:
            stack.enter_context(fresh_database(contender))
            queue, _ = stack.enter_context(worker.running(contender))
            return float(contender.run("probe_chord.py", queue, str(members)))

    figures = interleaved([ours(), redis(), old()], measure, rounds)
    targets = {redis().name: 1 / 1.2, old().name: 5.0}
    return [table(f"Chord of {members} empty members", "s", figures, more_is_better=False, targets=targets)]
