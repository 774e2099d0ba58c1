"""Between values and text columns: encoding, decoding, and text that every database accepts.

`peek` is for display: it never unpickles, whatever the row says of itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kombu.serialization import dumps, loads

try:
    from celery.backends.base import decompress_payload  # type: ignore[attr-defined, unused-ignore]
except ImportError:  # Celery before 5.7 compresses no results

    def decompress_payload(payload: Any) -> Any:
        return payload


BINARY = "binary"
JSON = ("application/json", "")
"""Content types of JSON: rows that projects made themselves say nothing."""
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_MARK = "\N{HORIZONTAL ELLIPSIS}"
_DIGEST = 8
NO_CHILDREN: dict[str, Any] = {"children": []}
"""The meta of most tasks."""
_SHORT = 100


def is_plain(text: str, limit: int | None) -> bool:
    """Whether it fits as it is, into a column of any charset: the quick answer for most texts."""
    return text.isascii() and "\0" not in text and (limit is None or len(text) <= limit)


def clean(text: str) -> str:
    """Text that every database stores: NUL and lone surrogates become U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def stored_id(value: Any) -> str:
    """Return an id of a task or a group as its column holds it, to store it and to find it."""
    return clean(str(value))


def shorten(text: str, limit: int | None) -> str:
    """Text cut to a column's length; an ellipsis and a digest of the whole show the cut and keep two texts apart."""
    if limit is None or len(text) <= limit:
        return text
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:_DIGEST]
    return text[: max(limit - _DIGEST - 1, 0)] + f"{_MARK}{digest}"[:limit]


def escaped(text: str) -> str:
    """ASCII only, the rest as backslash escapes: for a column whose charset refused the text."""
    return clean(text).encode("ascii", "backslashreplace").decode()


def encode(value: Any, serializer: str) -> tuple[str, str, str]:
    """Content type, content encoding, and the value as text; bytes are told by the encoding `binary`, as base64."""
    content_type, content_encoding, payload = dumps(value, serializer=serializer)
    return content_type, content_encoding, to_text(payload, content_encoding)


def encode_beside(value: Any, serializer: str) -> str:
    """The text alone. What comes with nearly every task is encoded once."""
    if value is NO_CHILDREN:
        return _encode_no_children(serializer)
    if isinstance(value, str) and len(value) <= _SHORT:
        return _encode_short(value, serializer)
    return encode(value, serializer)[2]


@lru_cache(maxsize=256)
def _encode_short(text: str, serializer: str) -> str:
    return encode(text, serializer)[2]


@lru_cache(maxsize=16)
def _encode_no_children(serializer: str) -> str:
    return encode(NO_CHILDREN, serializer)[2]


def to_text(payload: str | bytes, content_encoding: str) -> str:
    """A serializer's output as a text column takes it."""
    if content_encoding == BINARY:
        return base64.b64encode(payload if isinstance(payload, bytes) else payload.encode()).decode()
    return payload.decode() if isinstance(payload, bytes) else payload


def from_text(text: str | bytes, content_encoding: str) -> str | bytes:
    """What the serializer made, from a text column."""
    return base64.b64decode(text) if content_encoding == BINARY else text


def decode(text: str, content_type: str, content_encoding: str, accept: Any) -> Any:
    """The value of a text column; kombu refuses content types that are not accepted."""
    return loads(from_text(text, content_encoding), content_type, content_encoding, accept=accept)


def decompressed(payload: str | bytes) -> str | bytes:
    """What Celery 5.7 compressed, unpacked; everything else as it is."""
    return decompress_payload(payload) if isinstance(payload, bytes) else payload


@dataclass(frozen=True, kw_only=True)
class Peek:
    """A stored value as far as it can be shown without running anybody's code."""

    value: Any = None
    is_shown: bool = True
    """False where the content cannot be read safely: pickle, for example, or text that is not what its type says."""


def peek(text: str | None, content_type: str | None = "application/json", content_encoding: str | None = None) -> Peek:
    """A stored value for display: JSON and plain text are read, everything else is not shown."""
    if text is None or text == "":
        return Peek()
    if content_encoding == BINARY:
        return Peek(is_shown=False)
    if content_type in JSON:
        return _peek_json(text)
    return Peek(value=text) if content_type in ("text/plain", "application/text") else Peek(is_shown=False)


def _peek_json(text: str) -> Peek:
    try:
        return Peek(value=json.loads(text))
    except (ValueError, RecursionError):
        return Peek(is_shown=False)
