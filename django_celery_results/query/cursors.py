"""Opaque positions in an ordered list: microseconds, primary key, and a fingerprint of the order and filter."""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.conf import settings

from django_celery_results.exceptions import BadCursor

_LAYOUT = struct.Struct(">B8sqq")
_VERSION = 1
_TEXT_LENGTH = len(urlsafe_b64encode(bytes(_LAYOUT.size)).rstrip(b"="))
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock of either kind of column is counted from here
_MICROSECOND = timedelta(microseconds=1)
# Forged cursors must not reach years that a database or a time zone cannot hold.
_EARLIEST, _LATEST = ((datetime(year, 1, 1) - _EPOCH) // _MICROSECOND for year in (1000, 9990))  # noqa: DTZ001


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where a row stands in its list."""

    value: datetime | timedelta
    pk: int


def fingerprint(*parts: Any) -> bytes:
    """Eight bytes that change when an order or a filter does: frozen dataclasses have a stable `repr`."""
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()


def encode(position: Position, mark: bytes) -> str:
    """The cursor a client is given."""
    value = position.value
    span = value if isinstance(value, timedelta) else value.replace(tzinfo=None) - _EPOCH
    micros = span // _MICROSECOND
    packed = _LAYOUT.pack(_VERSION, mark, micros, position.pk)
    return urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def decode(cursor: str, mark: bytes, *, is_span: bool = False) -> Position:
    """The position behind a cursor that was made for the same order and filter; `BadCursor` for any other text."""
    version, made_for, micros, pk = _LAYOUT.unpack(_bytes(cursor))
    if version != _VERSION or made_for != mark:
        raise BadCursor
    if not _EARLIEST <= micros <= _LATEST:
        raise BadCursor
    if is_span:
        return Position(value=micros * _MICROSECOND, pk=pk)
    value = _EPOCH + micros * _MICROSECOND
    return Position(value=value.replace(tzinfo=UTC) if settings.USE_TZ else value, pk=pk)


def _bytes(cursor: str) -> bytes:
    # The length first: a hostile cursor may be megabytes long.
    if len(cursor) != _TEXT_LENGTH:
        raise BadCursor
    try:
        packed = urlsafe_b64decode(cursor.encode("ascii") + b"==")
    except (Base64Error, UnicodeEncodeError) as error:
        raise BadCursor from error
    if len(packed) != _LAYOUT.size:
        raise BadCursor
    return packed
