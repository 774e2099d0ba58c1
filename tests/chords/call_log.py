"""What bodies and errbacks of chords were called with, as their tasks wrote it into a file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.workers import wait_for


@dataclass
class CallLog:
    """The argument of each call of a task. Tasks get the `path`, and append a line of JSON to it."""

    path: str

    def read(self) -> list[Any]:
        """Return the arguments of all calls so far."""
        path = Path(self.path)
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def wait(self, count: int = 1) -> list[Any]:
        """Return the arguments of all calls once there are so many."""
        return wait_for(lambda: (calls := self.read()) and len(calls) >= count and calls)
