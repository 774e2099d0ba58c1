"""Python reprs of arguments, read as plain values where that is safe and whole; nothing is ever evaluated."""

from __future__ import annotations

import ast
import json
import math
import re
from typing import Any

from django_celery_results.codec import clean

MAX_DEPTH = 64
_MAX_TEXT = 10_000
_SAFEREPR_LIMIT = 1000
"""Celery cuts a repr at 1,024 characters, give or take the mark."""
_UNUSUAL = ("\\u0000", "\\ud", "\\uD")
"""How JSON writes NUL and surrogates, which no database and no encoder takes where they stand alone."""
_MAX_BITS = 14_000  # Python refuses to write longer numbers as text


_IN_PIECES = re.compile(r"""["'][\s\\]*[bBuUrR]{0,2}["']|\\\r?\n""")


class NotPlain(ValueError):
    """The value has no form in JSON, or its producer cut it."""


def parsed(text: str) -> Any:
    """The value a repr stands for, in JSON's types."""
    if len(text) > _MAX_TEXT or (len(text) >= _SAFEREPR_LIMIT and "..." in text):
        raise NotPlain
    try:
        tree = ast.parse(text.lstrip(" \t"), mode="eval")
        if _IN_PIECES.search(text) and any(map(_is_in_pieces, ast.walk(tree))):
            raise NotPlain
        return plain(ast.literal_eval(tree))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise NotPlain from error


def _is_in_pieces(node: ast.AST) -> bool:
    """Whether a string is written as `'pass' 'word'`, or over two lines: no search of the text finds what it says."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str | bytes):
        return False
    prefix = 1  # u'…' of Python 2
    is_short = (node.end_col_offset or 0) - node.col_offset <= len(repr(node.value).encode(errors="replace")) + prefix
    return node.lineno != node.end_lineno or not is_short


def is_cut(text: str) -> bool:
    """Whether Celery cut this repr: at its length, or where it was nested deeper than three."""
    return "..." in text and (len(text) >= _SAFEREPR_LIMIT or not _stands(text))


def _stands(text: str) -> bool:
    try:
        parsed(text)
    except NotPlain:
        return False
    return True


def is_plain(text: str, value: Any) -> bool:
    """Whether what was read from this JSON is in JSON's own types as it is, so that it needs no copy.

    All but the depth is looked at in C: a copy of a megabyte takes a hundred times as long.
    """
    if clean(text) is not text or any(mark in text for mark in _UNUSUAL):
        return False
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return text.count("[") + text.count("{") <= MAX_DEPTH or _is_shallow(value)


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        inner = (item.values() if type(item) is dict else item for item in level if type(item) in (dict, list))
        level = [item for items in inner for item in items if type(item) in (dict, list)]
        if not level:
            return True
    return False


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
