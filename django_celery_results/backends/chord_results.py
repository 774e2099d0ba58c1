"""What a chord's body is given: the values of the members, in the shape of the header."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from celery import Celery, states
from celery.exceptions import ChordError
from celery.result import allow_join_result, result_from_tuple
from kombu.exceptions import DecodeError, EncodeError
from kombu.serialization import registry  # type: ignore[attr-defined] # its stubs miss the registry

from django_celery_results import chord_rows, codec
from django_celery_results.chord_rows import Part
from django_celery_results.message import hides_signature
from django_celery_results.message_codec import configured_cipher, decrypted, encrypted

JSON = "application/json"
_SEALED = "sealed"
"""The first line of what is encrypted, in the place of a content type."""
_ENCODED = "encoded "
"""Before the content encoding of what was no text."""


class PartsMissing(Exception):
    """The chord was begun anew while it was being completed."""


@dataclass(frozen=True)
class _Content:
    content_type: str
    content_encoding: str


@dataclass(frozen=True)
class ChordResults:
    """Reads the results of one chord for a backend."""

    backend: Any
    group_id: str
    header: str | None
    """JSON of the header's result tuple, where it holds groups."""
    size: int

    def read(self, alias: str) -> list[Any]:
        """The values; the error of a member that failed is raised as the cause of a ChordError."""
        parts = chord_rows.parts(self.group_id, alias)
        if len(parts) < self.size:
            raise PartsMissing
        if self.header is None:
            return [self._value(part) for part in parts]
        return self.shaped(json.loads(self.header), parts)

    def shaped(self, header: Any, parts: Iterable[Part]) -> list[Any]:
        """Values in nested lists, as the header's groups nest; what has no part is joined from the results."""
        by_id = {part.task_id: part for part in parts}
        try:
            return [self._shaped(member, by_id) for member in header[1]]
        except KeyError:
            return self._joined(header)

    def _shaped(self, member: Any, parts: dict[str, Part]) -> Any:
        own, members = member
        if members is None:
            return self._value(parts[own[0] if isinstance(own, list | tuple) else own])
        return [self._shaped(inner, parts) for inner in members]

    def _value(self, part: Part) -> Any:
        if part.result == chord_rows.NOT_KEPT:
            raise chord_error(
                f"The value of {part.task_id} was not kept when the chord failed: it ignores its result", None
            )
        packed = unseal((part.result or "\n\n").removeprefix(chord_rows.NOT_KEPT))
        content_type, content_encoding, text = packed.split("\n", 2)
        content: Any = text
        if content_encoding.startswith(_ENCODED):
            content_encoding = content_encoding.removeprefix(_ENCODED)
            content = codec.decode(*_lines(text), accept=self.backend.accept)
        value = self.backend.decode_content(_Content(content_type, content_encoding), content)
        if part.state in states.EXCEPTION_STATES:
            value = self.backend.exception_to_python(value)
        if part.state in states.PROPAGATE_STATES:
            raise chord_error(f"Dependency {part.task_id} raised {value!r}", value)
        return value

    def _joined(self, header: Any) -> list[Any]:
        results = result_from_tuple(header, app=self.backend.app)
        results.on_ready()
        with allow_join_result():
            timeout = self.backend.app.conf.result_chord_join_timeout
            return list(results.get(timeout=timeout, propagate=True))


def chord_error(message: str, cause: Any) -> ChordError:
    """The chord's error, with the error that caused it: that is what waiters raise."""
    error = ChordError(message)
    error.__cause__ = cause if isinstance(cause, BaseException) else None
    return error


def pack_body(app: Celery, signature: dict[str, Any], accept: Iterable[str]) -> str | None:
    """Return the body as text, so that a sweep can send it; None where it cannot or may not be kept.

    A body whose arguments are not to be kept in clear text comes with the members' messages alone: see `security.md`.
    """
    if hides_signature(app, signature) and not configured_cipher():
        return None
    packed = _pack(signature, _serializers(app, signature, accept))
    return packed and seal(packed)


def seal(packed: str) -> str:
    """Encrypt a packed value where the project has a cipher."""
    cipher = configured_cipher()
    return f"{_SEALED}\n\n{encrypted(packed, cipher)}" if cipher else packed


def unseal(packed: str) -> str:
    """Return what `seal` was given."""
    return decrypted(packed.split("\n", 2)[2]) if packed.startswith(f"{_SEALED}\n") else packed


def _serializers(app: Celery, signature: dict[str, Any], accept: Iterable[str]) -> list[str]:
    """Return what may keep the body, best first. JSON always may."""
    own = (signature.get("options") or {}).get("serializer")
    task = app.tasks.get(signature["task"])
    names = (own, getattr(task, "serializer", None), app.conf.task_serializer, "json", "pickle")
    accepted = {JSON, *accept}
    return [name for name in dict.fromkeys(names) if registry.name_to_type.get(name) in accepted]


def _pack(signature: dict[str, Any], serializers: list[str]) -> str | None:
    """Return the signature as text, by the first serializer that alters nothing.

    Where each alters it, as JSON does with tuples, the first that takes it is chosen: sending it would do the same.
    Return None where none takes it.
    """
    packed = []
    for serializer in serializers:
        try:
            content_type, content_encoding, text = codec.encode(signature, serializer)
            again = codec.decode(text, content_type, content_encoding, {content_type})
        except (EncodeError, DecodeError):
            continue
        packed.append("\n".join((content_type, content_encoding, text)))
        if serializer == "pickle" or _is_same(signature, again):
            return packed[-1]
    return packed[0] if packed else None


def _is_same(value: Any, again: Any, *, exactly: bool = False) -> bool:
    """Return whether a task is given the same. Beside its arguments, signatures hold lists or tuples, as it comes."""
    if isinstance(value, Mapping) and isinstance(again, Mapping):
        is_task = "task" in value and "args" in value and not value.get("subtask_type")
        if is_task:
            value, again = ({**each, "args": list(each.get("args") or ())} for each in (value, again))
        return value.keys() == again.keys() and all(
            _is_same(value[key], again[key], exactly=exactly or (is_task and key in ("args", "kwargs")))
            for key in value
        )
    if isinstance(value, list | tuple) and isinstance(again, list | tuple):
        is_alike = len(value) == len(again) and not (exactly and type(value) is not type(again))
        return is_alike and all(_is_same(*pair, exactly=exactly) for pair in zip(value, again, strict=True))
    return bool(value == again) and not (exactly and type(value) is not type(again))


def unpack(packed: str, accept: Iterable[str]) -> dict[str, Any]:
    """Return the signature that `pack_body` made a text of."""
    return dict(codec.decode(*_lines(unseal(packed)), {JSON, *accept}))


def pack_content(encoded: tuple[str, str, Any], serializer: str) -> str:
    """An encoded value as text. A backend of a project may encode into something else, for columns of its own."""
    content_type, content_encoding, content = encoded
    if not isinstance(content, str):
        content_encoding, content = _ENCODED + content_encoding, "\n".join(codec.encode(content, serializer))
    return "\n".join((content_type, content_encoding, content))


def _lines(packed: str) -> tuple[str, str, str]:
    content_type, content_encoding, text = packed.split("\n", 2)
    return text, content_type, content_encoding
