"""The beginning of a JSON text, decoded as far as it goes: what a preview of a long value redacts and shows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from django_celery_results.policy.redaction import BY_OTHERS

from .literals import MAX_DEPTH

_TOKEN = re.compile(
    r'"(?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*+(?P<quote>")?|[\[\]{},:]|[^\s\[\]{},:"]++',
    re.DOTALL,
)
_CLOSERS = {"[": "]", "{": "}"}
_LONGEST_ESCAPE = 6


class NameMayFollow(Exception):
    """What may follow in an unfinished object, such as the `name` of a `value`, says whether this is a secret."""


@dataclass(kw_only=True)
class _Open:
    """An array or an object that is not closed yet."""

    closer: str
    is_unclear: bool = False
    """Whether what follows may say that a value in it is a secret."""


def decode(text: str) -> Any:
    """Decode the beginning of a JSON text: all that is complete, and an unfinished string as far as it goes.

    Raises:
        NameMayFollow: Only the whole text tells whether a value has to be hidden.
        ValueError: The text does not begin as JSON does, or is nested too deep.
    """
    opened: list[_Open] = []
    before, end, quote = "", 0, ""
    for token in _TOKEN.finditer(text):
        mark, is_text, is_cut = token[0], token[0].startswith('"'), _is_cut(token, text)
        if is_text and before in ("{", ",") and opened and opened[-1].closer == "}":
            opened[-1].is_unclear |= not is_cut and json.loads(mark).lower() in BY_OTHERS
        elif mark not in (",", ":") and (is_text or not is_cut):
            _open_or_close(opened, mark)
            end, quote = token.end(), '"' if is_cut else ""
        if is_cut:
            break
        before = mark
    if any(each.is_unclear for each in opened):
        raise NameMayFollow
    return json.loads(text[:end] + quote + "".join(each.closer for each in reversed(opened)))


def _open_or_close(opened: list[_Open], mark: str) -> None:
    if mark in _CLOSERS:
        opened.append(_Open(closer=_CLOSERS[mark]))
    elif mark in _CLOSERS.values() and (not opened or opened.pop().closer != mark):
        raise ValueError
    if len(opened) > MAX_DEPTH:
        raise ValueError


def _is_cut(token: re.Match[str], text: str) -> bool:
    """Whether this string or number may go on behind the end of the text."""
    mark = token[0]
    if not mark.startswith('"'):
        return token.end() == len(text) and mark not in "[]{},:"
    if not token["quote"] and len(text) - token.end() >= _LONGEST_ESCAPE:
        raise ValueError  # no JSON: there is no such escape
    return not token["quote"]
