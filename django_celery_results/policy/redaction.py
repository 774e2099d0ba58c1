"""Secrets in values: what stands under a telling name is never shown, at any depth, nor inside text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django_celery_results.conf import settings

HIDDEN = "[redacted]"


def redact(value: Any) -> tuple[Any, bool]:
    """A copy of a decoded value without what stands under a secret's name, and whether anything was hidden."""
    if isinstance(value, dict):
        shown = {key: (HIDDEN, True) if is_secret(key) else redact(item) for key, item in value.items()}
        return {key: item for key, (item, _) in shown.items()}, any(hidden for _, hidden in shown.values())
    if isinstance(value, list | tuple):
        items = [redact(item) for item in value]
        return [item for item, _ in items], any(hidden for _, hidden in items)
    return redact_text(value) if isinstance(value, str) else (value, False)


def redact_text(text: str) -> tuple[str, bool]:
    """Text such as a repr, a traceback or a header line without what follows a secret's name, however it was cut.

    A quoted value is hidden up to its closing quote, a bracket up to the end of the text, anything else up to the end
    of the line: where such a value ends cannot be known.
    """
    keys = settings().redact_keys
    if not any(key in text.lower() for key in _spellings(keys)):
        return text, False
    shown, count = _assignment(keys).subn(rf"\1{HIDDEN}", text)
    return shown, bool(count)


def is_secret(name: Any) -> bool:
    """Whether a key of a mapping, or a parameter's name, announces a secret."""
    text = str(name).lower().replace("-", "_")
    return any(key in text for key in settings().redact_keys)


@lru_cache(maxsize=8)
def _spellings(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple({*keys, *(key.replace("_", "-") for key in keys)})


@lru_cache(maxsize=8)
def _assignment(keys: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(re.escape(key).replace("_", "[_-]") for key in keys)
    # Every repetition is bounded or cannot backtrack, so that hostile text costs linear time.
    return re.compile(
        rf"""((?:{names})[\w.-]{{0,64}}[\\"']{{0,8}}\s{{0,8}}(?:=>|[:=])\s{{0,8}}(?:[bBuUrR]{{1,2}}(?=["']))?)"""
        r"""(?:'(?:[^'\\]|\\.)*+(?:'|\Z)|"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[({].*+|[^\r\n]*+)""",
        re.IGNORECASE | re.DOTALL,
    )
