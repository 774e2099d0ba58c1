"""Python reprs of arguments, read as plain values where that is safe and whole; nothing is ever evaluated."""

from __future__ import annotations

import ast
import math
from typing import Any

from django_celery_results.codec import clean

MAX_DEPTH = 64
_MAX_TEXT = 10_000
_SAFEREPR_LIMIT = 1000
"""Celery cuts a repr at 1,024 characters, give or take the mark."""
_MAX_BITS = 14_000  # Python refuses to write longer numbers as text


class NotPlain(ValueError):
    """The value has no form in JSON, or its producer cut it."""


def parsed(text: str) -> Any:
    """The value a repr stands for, in JSON's types."""
    if len(text) > _MAX_TEXT or (len(text) >= _SAFEREPR_LIMIT and "..." in text):
        raise NotPlain
    try:
        return plain(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise NotPlain from error


def is_cut(text: str) -> bool:
    """Whether Celery cut this repr: at its length, or where it was nested deeper than three."""
    return "..." in text and (len(text) >= _SAFEREPR_LIMIT or not _stands(text))


def _stands(text: str) -> bool:
    try:
        parsed(text)
    except NotPlain:
        return False
    return True


def plain(value: Any, depth: int = 0) -> Any:
    """The value in JSON's types, fit for any encoder; raises `NotPlain` for what no encoder takes."""
    if depth > MAX_DEPTH:
        raise NotPlain
    if isinstance(value, dict):
        return {clean(str(key)): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        return [plain(item, depth + 1) for item in sorted(value, key=repr)]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return _whole(value)
    if value is None:
        return None
    raise NotPlain


def _whole(value: int) -> int:
    if value.bit_length() >= _MAX_BITS:
        raise NotPlain
    return value
