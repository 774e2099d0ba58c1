"""How a task message becomes a row and a row becomes a message again. Rests on kombu's serializers."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from celery import Celery
from django.utils import timezone
from django.utils.module_loading import import_string
from kombu import serialization
from kombu.serialization import dumps, loads, prepare_accept_content
from kombu.utils import json

from . import codec
from .conf import settings
from .exceptions import TaskResultsError
from .models import TaskMessage

T = TypeVar("T")
_registry = serialization.registry  # type: ignore[attr-defined]  # missing from the type stubs only


class MessageUnavailable(TaskResultsError):
    """The message this task was sent with is not kept."""

    code = "ARGUMENTS_UNAVAILABLE"


class Cipher(Protocol):
    """What `MESSAGE_CIPHER` names."""

    def encrypt(self, data: bytes) -> bytes: ...

    def decrypt(self, data: bytes) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Message:
    """A task message, decoded: all that is needed to send it again."""

    task_name: str
    serializer: str
    args: Sequence[Any]
    """A list or a tuple, as it was sent: pickle tells them apart."""
    kwargs: dict[str, Any]
    embedded: Mapping[str, Any] = field(default_factory=dict)
    """Celery's `callbacks`, `errbacks`, `chain` and `chord`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Delivery and the rest of the headers, by the names they have in a task's request."""


def encode(app: Celery, task_id: str, message: Message, *, own_serializer: str | None = None) -> TaskMessage:
    """The row for a message, in the first serializer that gives the same arguments back; else `MessageUnavailable`."""
    errors = []
    for name in _serializers(app, message, own_serializer):
        try:
            body = _body(message, name, exact=name in (own_serializer, message.serializer, "pickle"))
        except MessageUnavailable as error:
            errors.append(f"{name}: {error.message}")
        except Exception as error:  # noqa: BLE001 - serializers raise anything, and no state may be lost to that
            errors.append(f"{name}: {type(error).__name__}")  # its text may quote the arguments
        else:
            return _row(task_id, message, name, body)
    raise MessageUnavailable("The arguments could not be encoded by " + ("; ".join(errors) or "any serializer"))


def _serializers(app: Celery, message: Message, own: str | None) -> list[str]:
    """Never one that no worker would accept."""
    task = app.tasks.get(message.task_name)
    names = (message.serializer, own, getattr(task, "serializer", None), app.conf.task_serializer, "json", "pickle")
    accepted = _accepted(app)
    known = {name: _registry.name_to_type.get(name) for name in names if name}
    return [name for name, content_type in known.items() if content_type in accepted]


def _accepted(app: Celery) -> set[str]:
    return prepare_accept_content(app.conf.accept_content) or set()


def serializer_of(content_type: str | None) -> str | None:
    """kombu's name for the serializer that makes this content type."""
    name: str | None = _registry.type_to_name.get(content_type)
    return name


def _body(message: Message, serializer: str, *, exact: bool) -> str:
    arguments = [list(message.args), message.kwargs]
    content_type, encoding, data = dumps([message.args, message.kwargs, dict(message.embedded)], serializer=serializer)
    if len(data) > settings().message_max_bytes:
        raise MessageUnavailable(f"{len(data)} bytes are more than MESSAGE_MAX_BYTES allows")
    again = loads(data, content_type, encoding, accept=[content_type])[:2]
    if not exact and again != arguments and repr(again) != repr(arguments):  # NaN is equal to nothing
        raise MessageUnavailable("the arguments would arrive changed")
    if encoding == "binary":
        return base64.b64encode(_bytes(data)).decode()
    text = data if isinstance(data, str) else data.decode()
    if codec.clean(text) != text:
        raise MessageUnavailable("the text holds characters that databases refuse")
    return text


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _row(task_id: str, message: Message, serializer: str, body: str) -> TaskMessage:
    if len(message.task_name) > 255:
        raise MessageUnavailable("The task's name is too long to be kept")
    options = _json(dict(message.options))
    cipher = configured_cipher()
    if cipher:
        body, options = encrypted(body, cipher), encrypted(options, cipher)
    return TaskMessage(
        task_id=task_id,
        task_name=message.task_name,
        serializer=serializer,
        body=body,
        options=options,
        is_encrypted=cipher is not None,
        date_created=timezone.now(),
    )


def _json(options: dict[str, Any]) -> str:
    try:
        text: str = json.dumps(options)
        json.loads(text)
    except Exception:  # noqa: BLE001 - headers and stamps are any objects; as text they still tell their tale
        text = json.dumps(options, default=str)
    return text


def decode(app: Celery, record: TaskMessage) -> Message:
    """The message of a record; `MessageUnavailable` says why there is none. Pickle only where the app accepts it."""
    if record.serializer is None or record.body is None:
        raise MessageUnavailable(f"The message of this task is not kept: {record.reason or 'nobody noted why'}.")
    content_type, encoding, _ = _registry._encoders.get(record.serializer, (None, None, None))
    if content_type not in _accepted(app):
        raise MessageUnavailable(
            f"The arguments are encoded by {record.serializer}, which this Celery app does not accept."
        )
    try:
        body, options = _decrypted(record)
        data = base64.b64decode(body, validate=True) if encoding == "binary" else body
        args, kwargs, embedded = loads(data, content_type, encoding, accept=[content_type])
        return Message(
            task_name=record.task_name,
            serializer=record.serializer,
            args=args if isinstance(args, tuple) else _of_type(list, args),
            kwargs=_of_type(dict, kwargs),
            embedded=_of_type(dict, embedded),
            options=_of_type(dict, json.loads(options)),
        )
    except MessageUnavailable:
        raise
    except Exception as error:
        raise MessageUnavailable(f"The stored message cannot be decoded: {type(error).__name__}.") from error


def _of_type(kind: type[T], value: Any) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected")
    return value


def _decrypted(record: TaskMessage) -> tuple[str, str]:
    body, options = str(record.body), record.options
    if not record.is_encrypted:
        return body, options
    return decrypted(body), decrypted(options)


def configured_cipher() -> Cipher | None:
    """Return a new cipher of the class that `MESSAGE_CIPHER` names; None where it names none."""
    path = settings().message_cipher
    cipher: Cipher | None = import_string(path)() if path else None
    return cipher


def encrypted(text: str, cipher: Cipher) -> str:
    """Return the text encrypted, in base64."""
    return base64.b64encode(cipher.encrypt(text.encode())).decode()


def decrypted(text: str) -> str:
    """Return what `encrypted` was given. Raises MessageUnavailable where no cipher is configured."""
    cipher = configured_cipher()
    if cipher is None:
        raise MessageUnavailable("What is stored is encrypted: set MESSAGE_CIPHER.")
    return cipher.decrypt(base64.b64decode(text)).decode()
