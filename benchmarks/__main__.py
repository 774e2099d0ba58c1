"""`python -m benchmarks [NAME ...]`: measure our store beside others, print tables, keep the figures as JSON.

Names: end_to_end, store, groups, state, waiting, chords, api, api_http, scale, retention; without a name, all. Needs
PostgreSQL and Redis on their standard local ports, and the network once, to install others in their own environments.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from . import api, api_http, chords, end_to_end, reading, retention, scale, store
from .contenders import CACHE
from .report import keep


def main() -> None:
    options = _options()
    rounds: int = options.rounds
    measurements: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "end_to_end": lambda: end_to_end.run(rounds=rounds, tasks=options.tasks),
        "store": lambda: store.run(rounds=rounds),
        "groups": lambda: reading.groups(rounds=rounds),
        "state": reading.state,
        "waiting": lambda: reading.waiting(rounds=min(rounds, 3)),
        "chords": lambda: chords.run(rounds=min(rounds, 3)),
        "api": lambda: api.run(rounds=rounds * 4),
        "api_http": lambda: api_http.run(rounds=rounds * 2),
        "scale": lambda: scale.run(tasks=options.rows),
        "retention": lambda: retention.run(rounds=min(rounds, 3)),
    }
    for name in options.names or measurements:
        keep(name, measurements[name](), CACHE)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--tasks", type=int, default=5000, help="tasks of an end-to-end run (default 5000)")
    parser.add_argument("--rows", type=int, default=1_000_000, help="tasks in the table of `scale` (default 1000000)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
