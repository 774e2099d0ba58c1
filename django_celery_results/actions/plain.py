"""Python values as plain JSON, for the audit and for previews: readable, and nobody's code is run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

_MAX_DEPTH = 64
_MAX_BITS = 14_000  # Python refuses to write longer numbers as text
_TEXTUAL = (date, time, timedelta, Decimal, UUID)


def plain(value: Any, depth: int = 0) -> Any:
    """The value in JSON's own types; dates, decimals and ids as text, objects by the name of their class."""
    if depth > _MAX_DEPTH:
        return "[...]"
    if isinstance(value, Mapping):
        return {_key(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):  # each process has its own order, and one request is to look the same in all
        return sorted((plain(item, depth + 1) for item in value), key=repr)
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, Enum):
        return _scalar(value.value)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if value.bit_length() < _MAX_BITS else "[int]"
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, _TEXTUAL):
        return str(value)
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return f"[{type(value).__name__}]"


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(_scalar(key))
