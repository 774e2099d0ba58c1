"""What lies within the values of a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def values_within(value: Any) -> Iterator[Any]:
    """Yield the value and all that it contains, at any depth, each container once."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, Mapping | list | tuple | set | frozenset) and id(each) not in seen:
            seen.add(id(each))
            waiting.extend(each.values() if isinstance(each, Mapping) else each)
