r"""Names that announce secrets, as patterns that Python, PostgreSQL and MariaDB read alike.

Parts of names match anywhere. Words match as whole words of a name, however it parts them: `db_pass`, `dbPass`,
`DB-PASS` and `db.pass`, but not `compass`. A word that only says something about a secret, as in `auth_user` or
`pass_rate`, announces none.

A pattern for databases keeps to what all three know, and is coarser: a database sees a text with its escapes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django_celery_results.conf import settings

NOTHING = r"(?!)"
_WEAK = frozenset({"auth", "pass", "signature"})
"""Common words as well: numbers under them count something."""
_ABOUT = (
    "algorithm", "app", "at", "attempt", "attempts", "backend", "backends", "by", "count", "date", "disabled",
    "enabled", "error", "errors", "expired", "expires", "expiry", "failed", "failures", "group", "groups", "id",
    "ids", "invalid", "length", "level", "method", "methods", "mode", "ok", "path", "percent", "percentage",
    "permission", "permissions", "provider", "providers", "rate", "ratio", "required", "result", "results", "scheme",
    "scope", "sent", "size", "state", "status", "success", "through", "time", "timeout", "total", "ttl", "type",
    "types", "uri", "url", "urls", "used", "user", "userid", "username", "users", "valid", "verified", "version",
)  # fmt: skip
_RAREST_FIRST = "jqxzkvwbpgfyumcldhrsnioate"
_BACKSLASHES = r"\\{1,64}"  # JSON in JSON in JSON
_ESCAPES = r"(?<=\\[abfnrtv])|(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\U[0-9A-Fa-f]{8})|(?<=%[0-9A-Fa-f]{2})"
START = rf"(?:(?<![\w-])|{_ESCAPES})"
"""Where a token may begin, in text with escapes too: the `n` of a line break is no letter of it."""
_WORD_START = rf"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|{_ESCAPES})"
_WORD_END = r"[sS]?(?:(?![A-Za-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]))"
_REST_OF_NAME = r"[A-Za-z0-9_ ().:#-]{0,32}"
_TO_THE_END = rf"{_REST_OF_NAME}[\"']{{0,2}}\Z"  # what else a name holds makes it a sentence
SPACE = r"(?:[^A-Za-z0-9]|\\[fnrtv]|\\u00[01][0-9A-Fa-f]|\\x[01][0-9A-Fa-f]|%2[0-9A-Fa-f])"
"""For databases: white space, quotes and other marks, with their escapes."""
_COARSE_START = r"(?:^|[^A-Za-z]|[\\%][A-Za-z0-9]{1,9}|[A-Za-z](?=[A-Z]))"
_COARSE_OPTION = r"(?:^|[^A-Za-z0-9_-]|[\\%][A-Za-z0-9]{1,9})--?(?:[A-Za-z0-9_-]{0,63}(?:[^A-Za-z]|[A-Za-z](?=[A-Z])))?"
_COARSE_END = r"[sS]?(?![a-z])"
_QUOTE = "%2[27]|&(?:quot|#39|#x27);"
# What assigns in text; and a name in quotes, as of a key, before a comma, or at the end of {"value": 1, "name": "pwd"}.
_COARSE_ASSIGNED = (
    rf"(?:(?:[A-Za-z0-9_.-]{{0,63}}[A-Za-z0-9])?(?:{SPACE}|{_QUOTE})*(?:[=:>]|%3[aAdD])"
    rf"|{_REST_OF_NAME}(?:\\|{_QUOTE})*[\"'](?:[^A-Za-z0-9]|\\[nrt]|{_QUOTE})*[:,}}])"
)


@dataclass(frozen=True, kw_only=True)
class SecretNames:
    """The names that the settings say, compiled."""

    parts: str
    """Matches a part of a name."""
    strong: str
    """Matches a word of a name whose value is a secret whatever it is."""
    weak: str
    """Matches a word of a name whose value is a secret if it is no number, and no signature of Celery's."""
    marker: str
    """Matches, for databases, every text that assigns to such a name, however it is escaped; empty for no names."""
    needle: str
    """Matches, in lower case, every text in which one of these does; empty for no names."""
    is_ascii: bool
    """Whether `needle` also matches at the very place where the name begins."""
    texts: tuple[str, ...]
    """What `needle` finds, in lower case; `_` stands for whatever parts words."""

    def strength(self, name: str) -> str | None:
        """Return "strong", "weak" or None."""
        return _strength(self, name) if len(name) < 200 else _look_up(self, name)


def secret_names() -> SecretNames:
    """Return the names that the settings say now."""
    return _compiled(tuple(settings().redact_keys), tuple(settings().redact_words))


def is_secret(name: Any) -> bool:
    """Return whether a key of a mapping, or a parameter's name, announces a secret."""
    return secret_names().strength(str(name)) is not None


def hides(names: SecretNames, name: Any, value: Any) -> bool:
    """Return whether a value under this name is never shown."""
    strength = names.strength(str(name))
    if strength == "weak":
        return isinstance(value, str | bytes | list | tuple | dict) and not is_signature(value)
    if name == "PWD" and isinstance(value, str) and value.startswith("/"):  # a shell's working directory
        return False
    return strength is not None


def is_signature(value: Any) -> bool:
    """Return whether a mapping is one of Celery's signatures."""
    return isinstance(value, dict) and "subtask_type" in value


@lru_cache(maxsize=8)
def _compiled(keys: tuple[str, ...], words: tuple[str, ...]) -> SecretNames:
    parts = [key.lower() for key in keys if key]
    whole = [re.sub(r"[-. ]", "_", word.lower()) for word in words if word]
    strong = [word for word in whole if word not in _WEAK]
    weak = [word for word in whole if word in _WEAK]
    part = _one_of(parts, _in_any_case("[_-]?"), whole=False)
    about = rf"(?![_.-]?{_one_of(_ABOUT, _in_any_case('_'), whole=True)}(?![a-z]))"

    def words_within(start: str, chosen: list[str], end: str) -> str:
        return f"{start}{_one_of(chosen, _in_any_case('[_. -]?'), whole=True)}{end}{about}" if chosen else ""

    coarse = (
        words_within(_COARSE_START, whole, _COARSE_END) + _COARSE_ASSIGNED,
        words_within(_COARSE_OPTION, whole, _COARSE_END) + r"[A-Za-z0-9_-]{0,64}[\s\\]",
    )
    needles = _one_of([*parts, *whole], lambda letter: "[_. -]?" if letter == "_" else re.escape(letter), whole=False)
    is_ascii = all(map(str.isascii, (*parts, *whole)))
    return SecretNames(
        parts=part or NOTHING,
        strong=words_within(_WORD_START, strong, _WORD_END) or NOTHING,
        weak=words_within(_WORD_START, weak, _WORD_END) or NOTHING,
        marker="|".join(filter(None, (part, *(coarse if whole else ())))),
        needle=needles if is_ascii else rf"{needles}|\\u",  # as JSON writes letters beyond ASCII
        is_ascii=is_ascii,
        texts=(*parts, *whole),
    )


@lru_cache(maxsize=4096)
def _strength(names: SecretNames, name: str) -> str | None:
    return _look_up(names, name)


def _look_up(names: SecretNames, name: str) -> str | None:
    if compiled(names.parts).search(name) or compiled(names.strong + _TO_THE_END).search(name):
        return "strong"
    return "weak" if compiled(names.weak + _TO_THE_END).search(name) else None


@lru_cache(maxsize=32)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern as Python reads it."""
    return re.compile(pattern or NOTHING, re.DOTALL | re.ASCII)


def _one_of(texts: Iterable[str], letter: Callable[[str], str], *, whole: bool) -> str:
    """A pattern for any of the texts that looks at each letter once; empty for no texts.

    Args:
        texts: What to match.
        letter: The pattern of one letter.
        whole: Whether a longer text counts where a shorter one begins it.
    """
    root: dict[str, Any] = {}
    for text in texts:
        node = root
        for each in text:
            node = node.setdefault(each, {})
        node[""] = {}

    def pattern(node: dict[str, Any]) -> str:
        branches = [letter(each) + pattern(child) for each, child in node.items() if each]
        ends = "" in node
        if not branches or (ends and not whole):
            return ""
        return f"(?:{'|'.join(branches)})" + ("?" if ends else "")

    return pattern(root)


@lru_cache(maxsize=8)
def from_rare_letters(texts: tuple[str, ...]) -> str:
    """A pattern that finds each text by the letter in it that is rarest in English, and then looks back.

    A search for the beginnings of sixty names stops at half of all letters; this one stops at a fifth. `_` stands for
    whatever parts words.
    """
    branches: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        if any(other in text for other in texts if other != text):
            continue
        place = min(range(len(text)), key=lambda at: _rank(text[at]))
        for parted in ("[_. -]", "") if "_" in text else ("",):
            whole, rest = (
                "".join(parted if letter == "_" else re.escape(letter) for letter in part)
                for part in (text, text[place + 1 :])
            )
            branches.setdefault(re.escape(text[place]), []).append(f"{rest}(?<={whole})")
    return "|".join(f"{letter}(?:{'|'.join(dict.fromkeys(ends))})" for letter, ends in branches.items())


def _rank(letter: str) -> int:
    return _RAREST_FIRST.find(letter) if letter.isalnum() else len(_RAREST_FIRST)


def _in_any_case(between: str) -> Callable[[str], str]:
    """In either case, and escaped, as most JSON writes what is not ASCII; `between` parts words."""

    def letter(each: str) -> str:
        if each == "_":
            return between
        if each.isascii():
            return f"[{each}{each.upper()}]" if each.isalpha() else re.escape(each)
        forms = [form for form in dict.fromkeys((each, each.upper())) if len(form) == 1 and form.lower() == each]
        escaped = (json.dumps(form).strip('"') for form in forms or [each])
        hexadecimal = (re.sub("[a-f]", lambda digit: f"[{digit[0]}{digit[0].upper()}]", code) for code in escaped)
        return f"(?:{'|'.join((*(forms or [each]), *(_unescaped(code) for code in hexadecimal)))})"

    return letter


def _unescaped(code: str) -> str:
    return code.replace("\\", _BACKSLASHES)
