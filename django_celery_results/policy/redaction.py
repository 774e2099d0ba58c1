"""Secrets in values: what stands under a telling name is never shown, at any depth, nor inside text.

Rather too much is hidden than too little: where the end of a secret cannot be known, the rest of the line goes with it.
Every repetition is bounded or possessive, so that hostile text costs linear time.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django_celery_results.conf import settings

from . import parameters
from .secret_names import (
    SPACE,
    START,
    SecretNames,
    compiled,
    from_rare_letters,
    hides,
    is_signature,
    secret_names,
)
from .secret_names import is_secret as is_secret

HIDDEN = "[redacted]"
_MAX_DEPTH = 100
_NAMES, _VALUES = ("name", "key", "header"), ("value", "values")
BY_OTHERS = frozenset({*_VALUES, "__value__", "bytes", "args", "it"})
"""Keys of mappings under which there is a secret or none by what else stands in the mapping."""
_TRIPLE = r"""'{3}(?:[^'\\]|\\.|'(?!''))*+(?:'{3}|\Z)|"{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3}|\Z)"""
_QUOTED = rf"""{_TRIPLE}|'(?:[^'\\]|\\.)*+(?:'|\Z)|"(?:[^"\\]|\\.)*+(?:"|\Z)"""
_QUOTES = r"""(?:[\\"']|%2[27]|&(?:quot|\#39|\#x27);){0,64}+"""  # JSON in JSON in JSON, in a URL, or in HTML
_CONSTANT = r"(?:[Nn]one|null|[Tt]rue|[Ff]alse)"
_ENDED = rf"(?:{_CONSTANT}|-?[\d.]{{1,40}}+)(?=\s{{0,2}}[,}}\])]|\Z)|[^\s&,;'\"<>]{{1,4096}}+(?=&)"
_BRACKETS = re.compile(rf"{_QUOTED}|[\[({{]|[\])}}]", re.DOTALL)
_OPTION = re.compile(r"(?:(?<![\w-])|(?<=\\[nrt]))--?[\w-]{0,64}\Z", re.ASCII)
_OPTION_LENGTH = 66
_USER_OPTIONS = ("-u", "-U", "--user", "--proxy-user")
_WITH_PASSWORD = re.compile(r"[\w.@%+-]{1,64}+:(?!\d{1,9}\Z|[/\\]).", re.ASCII)
_KEY_OF_BLOCK = re.compile(r"""([ \t]{0,64}+(?:-[ ]{1,8}+){0,4}+)["']?[\w.-]{0,64}\Z""", re.ASCII)
_LINE_LENGTH = 160
_OPENS_BLOCK = re.compile(r":[ \t]{0,8}(?:[|>][-+0-9]{0,2}[ \t]{0,8}(?:#[^\n]{0,99})?|\r?\n[^\n]{0,99})\Z")
_LINE = re.compile(r"\r?\n([ \t]*+)([^\r\n]*+)")
_NO_PROSE = r"(?!(?:[sS]ignature|SIGNATURE)[sS]?[\w.-]{0,64}+\s{0,8}+:\s{0,8}+(?![\w+/=.~-]{16}))"
# The class of an error.
_ERROR = r"(?![\w.-]{0,64}(?:Error|Exception|Warning|DoesNotExist|MultipleObjectsReturned)\s{0,2}:)"
_NAMED = rf"[\w.-]{{0,64}}+{_QUOTES}\]{{0,2}}+\s{{0,8}}+"
_DIRECTORY = r"""(?!PWD["']?\s{0,2}[=:,]\s{0,2}["']?/[\w./@+-]{0,256}(?:["'\s,;})\]]|\Z))"""  # a shell's own
_NO_CONSTANT = rf"(?!\s{{0,8}}{_CONSTANT}(?=[\s,;}}\])]|\Z))"
_NO_NUMBER = r"(?!\s{0,8}-?[\d.]{1,20}(?=[\s,;})\]]|\Z))"
_OF_ANOTHER = r"(?![\w-]{0,64}-(?:stdin|file|path|env|prompt)\b)"  # --password-stdin


@dataclass(frozen=True, kw_only=True)
class _Form:
    """A way to write a secret into text without a name before it."""

    needles: tuple[str, ...]
    """Stand in every text of this form that is in lower case."""
    pattern: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]
    marker: str
    """What a database can ask for: matches every text of this form, escaped or not."""


def _basic(found: re.Match[str]) -> str:
    """The credentials are a name, a colon and a password, or this is prose."""
    text = found["credentials"].translate({ord("-"): "+", ord("_"): "/"})
    whole = text[: len(text) // 4 * 4] if len(text) % 4 == 1 else text
    name, colon, _ = base64.b64decode(whole + "=" * (-len(whole) % 4)).partition(b":")
    is_credentials = colon and name.decode(errors="surrogateescape").isprintable()
    return f"{found['scheme']}{HIDDEN}" if is_credentials else found[0]


_FORMS = (
    _Form(
        needles=("/", "@"),
        pattern=re.compile(
            r"([a-z][a-z0-9+.-]{0,30}:(?:\\{0,8}/){2})"
            r"""(?:[^\s/?#:'"<>\\@]{0,256}+:[^\s'"<>]{1,512}|[^\s/?#'"<>\\@]{1,512}+)@""",
            re.IGNORECASE | re.ASCII,
        ),
        replacement=rf"\1{HIDDEN}@",
        marker="",  # asked in two parts, which costs less: see `URL_MARKER`
    ),
    _Form(
        needles=("bearer",),
        pattern=re.compile(rf"({START}[Bb][Ee][Aa][Rr][Ee][Rr](?:\s|%20|\+){{1,4}}+)[\w.~+/=-]{{16,}}+", re.ASCII),
        replacement=rf"\1{HIDDEN}",
        marker=rf"[Bb][Ee][Aa][Rr][Ee][Rr]{SPACE}+[A-Za-z0-9_.~+/=-]{{16}}",
    ),
    _Form(
        needles=("basic",),
        pattern=re.compile(
            rf"(?P<scheme>{START}[Bb][Aa][Ss][Ii][Cc](?:\s|%20|\+){{1,4}}+)"
            r"(?P<credentials>(?=[A-Za-z0-9+/_-]{1,64}[A-Z0-9=])[A-Za-z0-9+/_-]{3,4096}+)(?:=|%3D){0,2}",
            re.ASCII,
        ),
        replacement=_basic,
        marker=rf"[Bb][Aa][Ss][Ii][Cc]{SPACE}+[A-Za-z0-9+/_-]{{1,64}}[A-Z0-9=]",
    ),
    _Form(
        needles=("eyj",),
        pattern=re.compile(
            rf"{START}eyJ[A-Za-z0-9_-]{{8,}}+\.[A-Za-z0-9_-]{{4,}}+(?:\.[A-Za-z0-9_-]*+){{0,4}}+", re.ASCII
        ),
        replacement=HIDDEN,
        marker=r"(?:^|[^A-Za-z0-9_-]|[\\%][A-Za-z0-9]{1,9})eyJ[A-Za-z0-9_-]{8}",
    ),
    _Form(
        needles=("private key",),
        pattern=re.compile(r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----).*?(?=-----END|\Z)", re.DOTALL),
        replacement=rf"\1{HIDDEN}",
        marker="PRIVATE KEY",
    ),
    _Form(
        needles=("-u",),
        pattern=re.compile(
            r"""((?:(?<![\w-])|(?<=\\[nrt]))(?:-[uU]|--(?:proxy-)?user)(?:[\s=]{1,4}|["'],\s{0,4})["']?"""
            r"""[\w.@%+-]{1,64}+:)(?!\d{1,9}(?:[\s"'\\]|\Z)|[/\\])[^\s"']{1,256}+""",
            re.ASCII,
        ),
        replacement=rf"\1{HIDDEN}",
        marker=rf"(?:-[uU]|-user)(?![A-Za-z0-9_-]){SPACE}+[A-Za-z0-9_.@%+-]{{1,64}}:",
    ),
)
_STRUCTURES = {"base64": "[_\"']base64", "subtask_type": "subtask_type"}
"""What tells bytes in JSON and Celery's signatures, for Python and for a database: no name says what they hold."""
_LETTER_AS_ESCAPE = r"\\(?:u00[2-7]|x[2-7]|U000000[2-7]|[0-7]{2}|N\{)"
"""Nobody writes ASCII so, but JSON and literals may: what is hidden in the decoded value has no marker in the text."""
URL_MARKER = (r":\\{0,64}/\\{0,64}/", "@")
"""A pattern, and a text: a URL with credentials has both."""


def redact(value: Any) -> tuple[Any, bool]:
    """A copy of a decoded value without what stands under a secret's name, and whether anything was hidden."""
    return _redact(secret_names(), value, 0)


def redact_text(text: str) -> tuple[str, bool]:
    """Text such as a repr, a traceback, JSON or a URL without the secrets in it, however it was cut."""
    return _redact_text(secret_names(), text)


def redact_arguments(value: Any, task_name: str | None) -> tuple[Any, bool]:
    """Positional arguments, decoded or as text, without those that the task's signature names a secret."""
    return parameters.hide(value, task_name, HIDDEN)


def marker() -> str:
    """The pattern that matches every text in which something may be hidden, but for URLs: see `URL_MARKER`."""
    forms = (form.marker for form in _FORMS)
    return "|".join(filter(None, (secret_names().marker, *forms, *_STRUCTURES.values(), _LETTER_AS_ESCAPE)))


def bears_marker(text: str) -> bool:
    """Whether text may hide something; nearly all texts do not, and a single search says so."""
    return _bears_marker(secret_names(), text.lower())


def hides_task(task_name: str | None) -> bool:
    """Whether nothing of this task's payloads is ever shown."""
    return task_name is not None and any(
        task_name.startswith(name[:-1]) if name.endswith("*") else task_name == name for name in settings().redact_tasks
    )


def _redact(names: SecretNames, value: Any, depth: int) -> tuple[Any, bool]:
    if isinstance(value, str):
        return _redact_text(names, value)
    if isinstance(value, bytes | bytearray):
        shown, hidden = _redact_text(names, value.decode(errors="backslashreplace"))
        return (shown, True) if hidden else (value, False)
    if not isinstance(value, dict | list | tuple):
        return value, False
    if depth > _MAX_DEPTH:
        return HIDDEN, True
    if isinstance(value, dict):
        return _mapping(names, value, depth + 1)
    # A pair, as of a list of headers.
    if len(value) == 2 and isinstance(value[0], str) and names.strength(value[0]) == "strong":
        return [_redact_text(names, value[0])[0], HIDDEN], True
    items = [
        _after_option(names, before, item) or _redact(names, item, depth + 1)
        for before, item in zip((None, *value), value, strict=False)
    ]
    return [item for item, _ in items], any(hidden for _, hidden in items)


def _after_option(names: SecretNames, option: Any, argument: Any) -> tuple[Any, bool] | None:
    """What follows an option of a command line, as in `["mysql", "--password", "x"]`; None where it may be shown."""
    if not isinstance(option, str) or not option.startswith("-") or "=" in option:
        return None
    if names.strength(option):
        return HIDDEN, True
    if option in _USER_OPTIONS and isinstance(argument, str) and _WITH_PASSWORD.match(argument):
        return f"{argument.partition(':')[0]}:{HIDDEN}", True
    return None


def _mapping(names: SecretNames, value: dict[Any, Any], depth: int) -> tuple[dict[Any, Any], bool]:
    value, hidden = _without_arguments(value)
    # {"name": "password", "value": …} says it in another way.
    named = any(
        str(key).lower() in _NAMES and isinstance(name, str) and names.strength(name) for key, name in value.items()
    )
    shown = {}
    for key, item in value.items():
        is_hidden = hides(names, key, item) or (named and str(key).lower() in _VALUES)
        name, in_name = _redact_text(names, key) if isinstance(key, str) else (key, False)
        shown[name], in_item = (HIDDEN, True) if is_hidden else _redact(names, item, depth)
        hidden = hidden or in_name or in_item
    return shown, hidden


def _without_arguments(value: dict[Any, Any]) -> tuple[dict[Any, Any], bool]:
    """A mapping without the secrets that no name in it announces: in a signature's arguments, and in base64."""
    encoded = "__value__" if value.get("__type__") == "base64" else "bytes" if value.get("__base64__") else None
    if encoded and isinstance(value.get(encoded), str):  # as kombu writes bytes that are no text, today and before 5.3
        hidden = _hides_in_base64(value[encoded])
        return ({**value, encoded: HIDDEN} if hidden else value), hidden
    task, changed = value.get("task"), {}
    if is_signature(value) and isinstance(task, str):
        args, hidden = redact_arguments(value.get("args"), task) if value.get("args") else (None, False)
        changed = {"args": args} if hidden else {}
    elif isinstance(task, dict) and is_signature(task) and isinstance(value.get("it"), list | tuple):  # map and starmap
        calls = [each if isinstance(each, list | tuple) else [each] for each in value["it"]]
        hidden = any(redact_arguments(call, str(task.get("task")))[1] for call in calls)
        changed = {"it": HIDDEN} if hidden else {}
    return {**value, **changed}, bool(changed)


def _hides_in_base64(text: str) -> bool:
    try:
        return redact_text(base64.b64decode(text).decode(errors="backslashreplace"))[1]
    except (binascii.Error, ValueError):
        return False


def _bears_marker(names: SecretNames, folded: str) -> bool:
    in_url = all(needle in folded for needle in _FORMS[0].needles)
    return in_url or bool(_needles(names.texts, names.needle).search(folded))


def _redact_text(names: SecretNames, text: str) -> tuple[str, bool]:
    folded = text.lower()
    if not _bears_marker(names, folded):
        return text, False
    shown = "".join(_pieces(text, folded, names))
    for form in _FORMS:
        if all(needle in folded for needle in form.needles):
            shown = form.pattern.sub(form.replacement, shown)
    return shown, shown != text


def _pieces(text: str, folded: str, names: SecretNames) -> Iterator[str]:
    """The text, with each value that is assigned to a secret's name replaced."""
    assignment, option = _patterns(names)
    shown_to = 0
    for start in _beginnings(text, folded, names):
        if start < shown_to:
            continue
        found = assignment.match(text, start)
        if not found and _OPTION.search(text[max(0, start - _OPTION_LENGTH) : start]):
            found = option.match(text, start)
        if found:
            yield text[shown_to : found.end("name")]
            yield HIDDEN
            shown_to = _end(text, found)
    yield text[shown_to:]


def _beginnings(text: str, folded: str, names: SecretNames) -> Iterator[int]:
    """Where names may begin."""
    # In lower case a text is searched ten times faster. Letters such as "İ" change its length.
    is_folded = names.is_ascii and len(folded) == len(text)
    pattern = compiled(names.needle if is_folded else f"{names.parts}|{names.strong}|{names.weak}")
    position = -1
    while found := pattern.search(folded if is_folded else text, position + 1):
        position = found.start()
        yield position


def _end(text: str, found: re.Match[str]) -> int:
    """Where a value ends that was matched in whole, or by the bracket or the line that opens it."""
    end = found.end()
    if text[end - 1 : end] in ("[", "(", "{") and found.end("name") == end - 1:
        return _closing(text, end)
    if _OPENS_BLOCK.search(found[0][-_LINE_LENGTH:]):
        before = text[max(0, found.start() - _LINE_LENGTH) : found.start()]
        if key := _KEY_OF_BLOCK.match(before[before.rfind("\n") + 1 :]):
            return _block_end(text, end, len(key[1]))
    return end


def _block_end(text: str, position: int, indent: int) -> int:
    """Where the lines end that are indented further than this."""
    while (line := _LINE.match(text, position)) and (not line[2] or len(line[1]) > indent):
        position = line.end()
    return position


def _closing(text: str, position: int) -> int:
    """Where the bracket that was opened before this position is closed; the end of the text if it never is."""
    depth = 1
    for token in _BRACKETS.finditer(text, position):
        depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return len(text)


@lru_cache(maxsize=8)
def _needles(texts: tuple[str, ...], pattern: str) -> re.Pattern[str]:
    """Finds, in lower case, a part of any secret but a URL's: of a name, or of another form."""
    forms = (*(needle for form in _FORMS[1:] for needle in form.needles), *_STRUCTURES)
    if all(map(str.isascii, texts)):
        return compiled(from_rare_letters((*texts, *forms)))
    return compiled(f"{pattern}|{from_rare_letters(forms)}")


@lru_cache(maxsize=8)
def _patterns(names: SecretNames) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A secret's name, what assigns to it, and the value or what opens it; and the same for an option of a command."""
    by = r"""(?:=>|[:=>]|%3[aAdD]|(?<=["']),)"""
    value = rf"{_QUOTES}[vV]alues?{_QUOTES}\s{{0,8}}+:\s{{0,8}}+"  # {"name": "password", "value": "x"}
    weakly_by = (
        rf"(?:(?<=[\"']),(?=\s{{0,8}}+{value})|(?:=(?!=)>?|%3[aAdD]|(?<![\s-])>){_NO_CONSTANT}"
        rf"|:{_NO_CONSTANT}{_NO_NUMBER})"
    )
    strong, weak = f"{names.parts}|{names.strong}", names.weak
    assignment = (
        rf"(?P<name>(?:{_DIRECTORY}(?:{strong}){_ERROR}{_NAMED}{by}|{_NO_PROSE}(?:{weak}){_ERROR}{_NAMED}{weakly_by})\s{{0,8}}+"
        rf"""(?:{value})?(?:[bBuUrR]{{1,2}}(?=["']))?)(?:{_QUOTED}|[\[({{]|{_ENDED}|[^\r\n]*+)"""
    )
    option = (
        rf"""(?P<name>(?:{strong}|{weak}){_OF_ANOTHER}[\w-]{{0,64}}+(?:\s{{1,4}}+|["'],\s{{0,4}}+))"""
        rf"""(?:{_QUOTED}|[^\s"'<>|&;-][^\s"'<>]{{0,1023}}+)"""
    )
    return compiled(assignment), compiled(option)
