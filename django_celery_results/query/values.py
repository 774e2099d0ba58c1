"""Stored arguments and results as they may be shown: decoded where they are JSON, never unpickled, secrets hidden."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django_celery_results import codec
from django_celery_results.exceptions import InvalidInput
from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy import redaction
from django_celery_results.policy.access import Action, Policy, policy
from django_celery_results.policy.viewer import Viewer

from . import literals, payloads
from .payloads import Stored

MAX_TEXT = 1_000_000
MAX_PATH = 20
_LARGE = 10_000
NOT_SHOWN = "[not shown: {content_type}]"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A stored text, understood: its decoded value if it has one, and the text that people read."""

    text: str
    value: Any = None
    is_decoded: bool = False
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Value:
    """One stored value. Whoever holds it was allowed to see it; secrets in it are hidden from everybody."""

    stored: Stored
    content_type: str
    content_encoding: str
    task_name: str | None = None
    is_repr: bool = False
    """Arguments: JSON around Python's repr of them, which the producer may have cut."""

    @property
    def byte_length(self) -> int:
        return self.stored.byte_length

    @property
    def is_truncated(self) -> bool:
        return self._reading.is_cut

    @property
    def is_redacted(self) -> bool:
        return self._shown[1]

    def json(self, path: Sequence[str] = ()) -> Any:
        """The decoded value, or what stands at a path of keys and indexes in it; None where there is none."""
        if len(path) > MAX_PATH:
            raise InvalidInput(f"A path may have {MAX_PATH} steps.")
        found = self._shown[0] if self._reading.is_decoded else None
        for step in path:
            found = _step(found, step)
        return found

    def text(self, max_length: int) -> str:
        """The stored text after redaction, cut to a number of characters."""
        if not 0 <= max_length <= MAX_TEXT:
            raise InvalidInput(f"`maxLength` lies between 0 and {MAX_TEXT}.")
        return self._text[:max_length]

    @cached_property
    def _reading(self) -> Reading:
        if self.stored.is_cut:
            return Reading(text=self.stored.text, is_cut=True)
        peeked = codec.peek(self.stored.text, self.content_type, self.content_encoding)
        if self.is_repr:
            return _arguments(self.stored.text, peeked, self.content_encoding)
        return _decoded(self.stored.text, peeked.value) if peeked.is_shown else self._unread()

    def _unread(self) -> Reading:
        if self.content_type == "application/json" or self.content_encoding != codec.BINARY:
            return Reading(text=self.stored.text)
        return Reading(text=NOT_SHOWN.format(content_type=self.content_type))

    @cached_property
    def _shown(self) -> tuple[Any, bool]:
        reading = self._reading
        if reading.is_decoded and self._hides_nothing:
            return reading.value, False
        return policy().redact(reading.value if reading.is_decoded else reading.text, task_name=self.task_name)

    @property
    def _hides_nothing(self) -> bool:
        """Of a large text whose parts stand in it as they are, that is said without a look at each of them."""
        text = self._reading.text
        return (
            len(text) > _LARGE
            and "\\" not in text
            and type(policy()).redact is Policy.redact
            and not redaction.hides_task(self.task_name)
            and not redaction.bears_marker(text)
        )

    @cached_property
    def _text(self) -> str:
        value, is_redacted = self._shown
        if not is_redacted and not self._hides_more:
            return codec.clean(self._reading.text)
        return codec.clean(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    @property
    def _hides_more(self) -> bool:
        """Whether the text may name what the value does not: a key that is there twice keeps its last value only."""
        return self._reading.is_decoded and bool(policy().redact(self._reading.text, task_name=self.task_name)[1])


def result(viewer: Viewer, row: TaskResult) -> Value | None:
    """What the task returned, its progress, or its error; None where there is nothing, or nothing for this viewer."""
    return _value(viewer, row, "result")


def args(viewer: Viewer, row: TaskResult) -> Value | None:
    """The positional arguments as they were described when the task was sent."""
    return _value(viewer, row, "task_args", is_repr=True)


def kwargs(viewer: Viewer, row: TaskResult) -> Value | None:
    """The named arguments as they were described when the task was sent."""
    return _value(viewer, row, "task_kwargs", is_repr=True)


def meta(viewer: Viewer, row: TaskResult) -> Any:
    """What Celery and the project attached to the row, where that is JSON."""
    value = _value(viewer, row, "meta")
    return value.json() if value else None


def group_result(viewer: Viewer, row: GroupResult) -> Value | None:
    """The tuple of the group's members."""
    stored = payloads.stored(row, "result")
    if stored is None or not policy().may(viewer, Action.VIEW_PAYLOAD):
        return None
    return Value(stored=stored, content_type=row.content_type, content_encoding=row.content_encoding)


def decoded(value: Any, *, task_name: str | None = None) -> Value:
    """A value that is in JSON's types already, such as a preview's."""
    text = json.dumps(value, ensure_ascii=False)
    stored = Stored(text=text, byte_length=len(text.encode(errors="replace")), is_cut=False)
    return Value(stored=stored, content_type="application/json", content_encoding="utf-8", task_name=task_name)


def _may_read(viewer: Viewer, row: TaskResult) -> bool:
    return policy().may(viewer, Action.VIEW_PAYLOAD, row)


def _value(viewer: Viewer, row: TaskResult, column: str, *, is_repr: bool = False) -> Value | None:
    stored = payloads.stored(row, column)
    if stored is None or not _may_read(viewer, row):
        return None
    return Value(
        stored=stored,
        content_type=row.content_type,
        content_encoding=row.content_encoding,
        task_name=row.task_name,
        is_repr=is_repr,
    )


def _decoded(text: str, value: Any) -> Reading:
    try:
        return Reading(text=text, value=literals.plain(value), is_decoded=True)
    except literals.NotPlain:
        return Reading(text=text)


def _arguments(text: str, peeked: codec.Peek, encoding: str) -> Reading:
    """Rows of every age: JSON around a repr, JSON of the values themselves, or a bare repr."""
    if peeked.is_shown and not isinstance(peeked.value, str):
        return _decoded(text, peeked.value)
    if encoding == codec.BINARY and not peeked.is_shown:
        return Reading(text=NOT_SHOWN.format(content_type="binary"))
    described = peeked.value if peeked.is_shown else text
    try:
        return Reading(text=described, value=literals.parsed(described), is_decoded=True)
    except literals.NotPlain:
        return Reading(text=described, is_cut=literals.is_cut(described))


def _step(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and step.isdecimal() and len(step) < 10 and int(step) < len(value):
        return value[int(step)]
    return None
