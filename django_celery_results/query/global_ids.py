"""Global ids: the base64 of a type's name and a primary key, as Relay asks for them."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from binascii import b2a_base64
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django_celery_results.exceptions import InvalidInput

_MAX_LENGTH = 100
_PARTS = re.compile(r"([A-Za-z]{1,40}):(0|[1-9]\d{0,17})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class GlobalID:
    """Which object of which type."""

    type_name: str
    pk: int


def encode(type_name: str, pk: int) -> str:
    """The id a client is given."""
    return writer(type_name)(pk)


def writer(type_name: str) -> Callable[[int], str]:
    """Writes the ids of one type: lists are full of these."""
    head = f"{type_name}:".encode()
    return lambda pk: b2a_base64(b"%b%d" % (head, pk), newline=False).decode("ascii")


def of_row(type_name: str, attribute: str = "pk") -> Callable[[Any], str]:
    """The field `id` of a type whose rows hold their primary key in this attribute."""
    write, read = writer(type_name), attrgetter(attribute)
    return lambda row: write(read(row))


def decode(text: str, *, of: str | None = None) -> GlobalID:
    """The object behind an id; raises `InvalidInput` where it is none, or not one of the type asked for."""
    match = _PARTS.fullmatch(_plain(text)) if len(text) <= _MAX_LENGTH else None
    if match is None:
        raise InvalidInput("This is no global id; take one from a field named `id`.")
    if of is not None and match[1] != of:
        raise InvalidInput(f"This is the id of a {match[1]}, not of a {of}.")
    return GlobalID(type_name=match[1], pk=int(match[2]))


def _plain(text: str) -> str:
    try:
        return b64decode(text.encode("ascii"), validate=True).decode("ascii")
    except (Base64Error, UnicodeError):
        return ""
