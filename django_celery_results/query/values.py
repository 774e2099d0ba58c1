"""Stored arguments and results as they may be shown: decoded where they are JSON, never unpickled, secrets hidden."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django_celery_results import codec
from django_celery_results.exceptions import InvalidInput
from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy import access, redaction
from django_celery_results.policy.access import Action, Policy, policy
from django_celery_results.policy.viewer import Viewer

from . import budget, json_head, literals, payloads
from .payloads import Stored

MAX_TEXT = 1_000_000
MAX_PREVIEW = 4_000
"""Characters of a text that need no more of the value than its head."""
MARGIN = payloads.HEAD - MAX_PREVIEW
"""Characters of a head that are not shown: longer than what a secret is known by behind it, such as the @ of a URL."""
_MAX_READ_ARGUMENTS = 60_000
"""Bytes of arguments that are read as values, where each of 10,000 characters may be an escape of 6."""
MAX_PATH = 20
NOT_SHOWN = "[not shown: {content_type}]"


def check_length(max_length: int) -> None:
    """Raise `InvalidInput` where no text may have so many characters."""
    if not 0 <= max_length <= MAX_TEXT:
        raise InvalidInput(f"`maxLength` lies between 0 and {MAX_TEXT}.")


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
    is_positional: bool = False
    """Arguments without names: the task's signature has them."""

    @property
    def byte_length(self) -> int:
        return self.stored.byte_length

    @property
    def is_truncated(self) -> bool:
        return self.stored.is_cut or (self.is_repr and self._reading.is_cut)

    @property
    def is_redacted(self) -> bool:
        return self._shown[1]

    def json(self, path: Sequence[str] = ()) -> Any:
        """The decoded value, or what stands at a path of keys and indexes in it; None where there is none."""
        if len(path) > MAX_PATH:
            raise InvalidInput(f"A path may have {MAX_PATH} steps.")
        found = self.decoded
        for step in path:
            found = _step(found, step)
        if found is not None:
            budget.show_bytes(len(json.dumps(found)) if path else self.byte_length)
        return found

    @property
    def decoded(self) -> Any:
        """The decoded value; None where there is none."""
        return self._shown[0] if self._reading.is_decoded else None

    def text(self, max_length: int) -> str:
        """The stored text after redaction, cut to a number of characters."""
        check_length(max_length)
        preview = self._preview if max_length <= MAX_PREVIEW else None
        text = (self._text if preview is None else preview)[:max_length]
        budget.show_bytes(budget.size(text))
        return text

    @cached_property
    def _preview(self) -> str | None:
        """The beginning of a long value after redaction; None where only the whole tells what has to be hidden."""
        is_read = self.is_repr and self.byte_length <= _MAX_READ_ARGUMENTS
        if self.stored.is_whole or is_read or type(policy()).redact is not Policy.redact:
            return None
        if self._is_binary:
            return self._unread().text
        budget.check_time()
        value: Any = self.stored.head
        try:
            with suppress(ValueError):
                value = json_head.decode(value) if self.content_type in codec.JSON else value
        except json_head.NameMayFollow:
            return None
        text = value if self.is_repr and isinstance(value, str) else self.stored.head
        redact = access.redact_arguments if self.is_positional else policy().redact
        shown, is_redacted = redact(value, task_name=self.task_name)
        if is_redacted or policy().redact(text, task_name=self.task_name)[1]:
            text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)
        return codec.clean(text[:-MARGIN]) or redaction.HIDDEN

    @cached_property
    def _reading(self) -> Reading:
        if self._is_binary:
            return self._unread()
        if self.stored.is_cut:
            return Reading(text=self.stored.text, is_cut=True)
        peeked = codec.peek(self.stored.text, self.content_type, self.content_encoding)
        if self.is_repr:
            return _arguments(self.stored.text, peeked)
        return _decoded(self.stored.text, peeked.value) if peeked.is_shown else self._unread()

    @property
    def _is_binary(self) -> bool:
        """Whether it is pickled, for example."""
        is_binary = self.content_encoding == codec.BINARY and self.byte_length > 0
        return is_binary and (self.is_repr or self.content_type != "application/json")

    def _unread(self) -> Reading:
        if self._is_binary:
            return Reading(text=NOT_SHOWN.format(content_type="binary" if self.is_repr else self.content_type))
        return Reading(text=self.stored.text)

    @cached_property
    def _shown(self) -> tuple[Any, bool]:
        budget.check_time()  # to decode and redact a megabyte takes a while, and no statement
        reading = self._reading
        value = reading.value if reading.is_decoded else reading.text
        known, by_name = redaction.redact_arguments(value, self.task_name) if self.is_positional else (value, False)
        if self._bears_no_marker:
            return known, by_name
        shown, by_policy = policy().redact(known, task_name=self.task_name)
        return shown, by_name or by_policy

    @cached_property
    def _bears_no_marker(self) -> bool:
        """Of a text whose parts stand in it as they are, one search says that no value in it is a secret."""
        text = self._reading.text
        return (
            "\\" not in text
            and not redaction.bears_marker(text)
            and type(policy()).redact is Policy.redact
            and not redaction.hides_task(self.task_name)
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
        if self._bears_no_marker or not self._reading.is_decoded:
            return False
        return bool(policy().redact(self._reading.text, task_name=self.task_name)[1])


def result(viewer: Viewer, row: TaskResult) -> Value | None:
    """What the task returned, its progress, or its error; None where there is nothing, or nothing for this viewer."""
    return _value(viewer, row, "result")


def args(viewer: Viewer, row: TaskResult) -> Value | None:
    """The positional arguments as they were described when the task was sent."""
    return _value(viewer, row, "task_args", is_repr=True, is_positional=True)


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
    stored = payloads.whole(json.dumps(value, ensure_ascii=False))
    return Value(stored=stored, content_type="application/json", content_encoding="utf-8", task_name=task_name)


def _may_read(viewer: Viewer, row: TaskResult) -> bool:
    return policy().may(viewer, Action.VIEW_PAYLOAD, row)


def _value(
    viewer: Viewer, row: TaskResult, column: str, *, is_repr: bool = False, is_positional: bool = False
) -> Value | None:
    stored = payloads.stored(row, column)
    if stored is None or not _may_read(viewer, row):
        return None
    return Value(
        stored=stored,
        content_type=row.content_type,
        content_encoding=row.content_encoding,
        task_name=row.task_name,
        is_repr=is_repr,
        is_positional=is_positional,
    )


def _decoded(text: str, value: Any) -> Reading:
    try:
        plain = value if literals.is_plain(text, value) else literals.plain(value)
        return Reading(text=text, value=plain, is_decoded=True)
    except literals.NotPlain:
        return Reading(text=text)


def _arguments(text: str, peeked: codec.Peek) -> Reading:
    """Rows of every age: JSON around a repr, JSON of the values themselves, or a bare repr."""
    if peeked.is_shown and not isinstance(peeked.value, str):
        return _decoded(text, peeked.value)
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
