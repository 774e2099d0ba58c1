"""Secrets in values: what stands under a telling name is never shown, at any depth, nor inside text.

Rather too much is hidden than too little: where the end of a secret cannot be known, the rest of the line goes with it.
Every repetition is bounded or possessive, so that hostile text costs linear time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from django_celery_results.conf import settings

HIDDEN = "[redacted]"
_MAX_DEPTH = 100
_NAMES, _VALUES = ("name", "key", "header"), ("value", "values")
_TRIPLE = r"""'{3}(?:[^'\\]|\\.|'(?!''))*+(?:'{3}|\Z)|"{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3}|\Z)"""
_QUOTED = rf"""{_TRIPLE}|'(?:[^'\\]|\\.)*+(?:'|\Z)|"(?:[^"\\]|\\.)*+(?:"|\Z)"""
_QUOTES = r"""(?:[\\"']|%2[27]|&(?:quot|\#39|\#x27);){0,64}+"""  # JSON in JSON in JSON, in a URL, or in HTML
_ENDED = r"(?:None|null|[Tt]rue|[Ff]alse|-?[\d.]{1,40}+)(?=\s{0,2}[,}\])]|\Z)|[^\s&,;'\"<>]{1,4096}+(?=&)"
_BACKSLASHES = r"\\{1,64}+"  # JSON in JSON in JSON
_ASCII = re.compile(r"[\x00-\x7f]+")
_BRACKETS = re.compile(rf"{_QUOTED}|[\[({{]|[\])}}]", re.DOTALL)
_URL = re.compile(
    r"""([a-z][a-z0-9+.-]{0,30}://)(?:[^\s/?#:'"<>\\@]{0,256}+:[^\s'"<>]{1,512}|[^\s/?#'"<>\\@]{1,512}+)@""",
    re.IGNORECASE | re.ASCII,
)
_BEARER = re.compile(r"(\bbearer\s{1,4}+)[\w.~+/=-]{16,}+", re.IGNORECASE | re.ASCII)
_PEM = re.compile(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----).*?(?=-----END|\Z)", re.DOTALL)


def redact(value: Any, depth: int = 0) -> tuple[Any, bool]:
    """A copy of a decoded value without what stands under a secret's name, and whether anything was hidden."""
    if isinstance(value, str):
        return redact_text(value)
    if not isinstance(value, dict | list | tuple):
        return value, False
    if depth > _MAX_DEPTH:
        return HIDDEN, True
    if isinstance(value, dict):
        return _mapping(value, depth + 1)
    if len(value) == 2 and isinstance(value[0], str) and is_secret(value[0]):  # a pair, as of a list of headers
        return [redact_text(value[0])[0], HIDDEN], True
    items = [
        (HIDDEN, True) if _is_option(before) else redact(item, depth + 1)
        for before, item in zip((None, *value), value, strict=False)
    ]
    return [item for item, _ in items], any(hidden for _, hidden in items)


def redact_text(text: str) -> tuple[str, bool]:
    """Text such as a repr, a traceback, JSON or a URL without the secrets in it, however it was cut."""
    if not bears_marker(text):
        return text, False
    shown = _without_assigned(text)
    shown = _URL.sub(rf"\1{HIDDEN}@", shown)
    shown = _BEARER.sub(rf"\1{HIDDEN}", shown)
    shown = _PEM.sub(rf"\1{HIDDEN}", shown)
    return shown, shown != text


def markers() -> tuple[tuple[str, ...], ...]:
    """Text hides nothing unless all parts of one of these stand in it, in any case: what a database can ask for."""
    return _markers(tuple(settings().redact_keys))


def bears_marker(text: str) -> bool:
    """Whether text may hide something."""
    folded = text.lower()
    # One search says of nearly all texts that they do not: it is asked of every string of a result of megabytes.
    if not _beginnings(tuple(settings().redact_keys)).search(folded):
        return False
    return any(all(part in folded for part in marker) for marker in markers())


def is_secret(name: Any) -> bool:
    """Whether a key of a mapping, or a parameter's name, announces a secret."""
    return bool(_names(tuple(settings().redact_keys)).search(str(name).lower()))


def hides_task(task_name: str | None) -> bool:
    """Whether nothing of this task's payloads is ever shown."""
    return task_name is not None and any(
        task_name.startswith(name[:-1]) if name.endswith("*") else task_name == name for name in settings().redact_tasks
    )


def _is_option(argument: Any) -> bool:
    """Whether the next argument of a command line is a secret, as in `["mysql", "--password", "x"]`."""
    return isinstance(argument, str) and argument.startswith("-") and is_secret(argument) and "=" not in argument


def _mapping(value: dict[Any, Any], depth: int) -> tuple[dict[Any, Any], bool]:
    # {"name": "password", "value": …} says it in another way.
    named = any(str(key).lower() in _NAMES and isinstance(name, str) and is_secret(name) for key, name in value.items())
    shown, hidden = {}, False
    for key, item in value.items():
        is_hidden = is_secret(key) or (named and str(key).lower() in _VALUES)
        name, in_name = redact_text(key) if isinstance(key, str) else (key, False)
        shown[name], in_item = (HIDDEN, True) if is_hidden else redact(item, depth)
        hidden = hidden or in_name or in_item
    return shown, hidden


def _without_assigned(text: str) -> str:
    return "".join(_pieces(text, _assignment(tuple(settings().redact_keys))))


def _pieces(text: str, assignment: re.Pattern[str]) -> Iterator[str]:
    position = 0
    while found := assignment.search(text, position):
        yield text[position : found.end("name")]
        yield HIDDEN
        position = found.end()
        if text[position - 1 : position] in ("[", "(", "{") and found.end("name") == position - 1:
            position = _closing(text, position)
    yield text[position:]


def _closing(text: str, position: int) -> int:
    """Where the bracket that was opened before this position is closed; the end of the text if it never is."""
    depth = 1
    for token in _BRACKETS.finditer(text, position):
        depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return len(text)


@lru_cache(maxsize=8)
def _spellings(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Keys may be written with underscores, with hyphens, or as one word."""
    folded = [key.lower() for key in keys if key]
    return tuple(dict.fromkeys(key.replace("_", by) for key in folded for by in ("_", "-", "")))


@lru_cache(maxsize=8)
def _markers(keys: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    spellings = _spellings(keys)
    escaped = (("\\u", *_ASCII.findall(key)) for key in spellings if not key.isascii())
    return (*((key,) for key in spellings), *escaped, ("://", "@"), ("bearer",), ("private key-----",))


@lru_cache(maxsize=8)
def _beginnings(keys: tuple[str, ...]) -> re.Pattern[str]:
    """Finds the first part of any marker."""
    return _one_of(parts[0] for parts in _markers(keys))


@lru_cache(maxsize=8)
def _names(keys: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any spelling of a secret's name."""
    return _one_of(_spellings(keys))


def _one_of(texts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, texts)) or r"(?!)")


@lru_cache(maxsize=8)
def _assignment(keys: tuple[str, ...]) -> re.Pattern[str]:
    """A secret's name, what assigns to it, and the value or the bracket that opens it."""
    names = "|".join("".join(map(_letter, key)) for key in _spellings(keys)) or r"(?!)"
    return re.compile(
        rf"""(?P<name>(?:{names})(?![\w.-]{{0,64}}(?:Error|Exception|Warning)\s{{0,2}}:)"""  # the class of an error
        rf"""[\w.-]{{0,64}}+{_QUOTES}\]{{0,2}}+\s{{0,8}}+(?:=>|[:=>]|%3[AD]|(?<=["']),)\s{{0,8}}+"""
        r"""(?:[bBuUrR]{1,2}(?=["']))?)"""
        rf"""(?:{_QUOTED}|[\[({{]|{_ENDED}|[^\r\n]*+)""",
        re.IGNORECASE | re.DOTALL | re.ASCII,
    )


def _letter(letter: str) -> str:
    """In either case, which `re.ASCII` folds for its own letters only, and escaped, as most JSON writes the others."""
    if letter.isascii():
        return re.escape(letter)
    forms = [form for form in (letter.lower(), letter.upper()) if len(form) == 1] or [letter]
    escaped = (json.dumps(form).strip('"').replace("\\", _BACKSLASHES) for form in forms)
    return f"(?:{'|'.join((*forms, *escaped))})"
