"""Filters as the API writes them, in JSON, for the command line."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from django.core.management.base import CommandError

from django_celery_results.exceptions import InvalidInput
from django_celery_results.query import global_ids, iso8601
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.key_filters import KeyFilter


def parsed(text: str) -> TaskResultFilter:
    """A filter such as `{"taskName": {"startsWith": "shop."}, "dateDone": {"withinLast": "PT1H"}}`."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CommandError(f"The filter is no JSON: {error}") from error
    found: TaskResultFilter = _read(TaskResultFilter, value, "filter")
    return found


def _read(kind: Any, value: Any, path: str) -> Any:
    if is_dataclass(kind):
        return _read_object(kind, _with_keys(value, path) if kind is KeyFilter else value, path)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise CommandError(f"{path} must be a list.")
        return tuple(_read(get_args(kind)[0], item, f"{path}[{index}]") for index, item in enumerate(value))
    return _read_scalar(kind, value, path)


def _read_object(kind: Any, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        raise CommandError(f"{path} must be an object.")
    known = {_camel(name): (name, _bare(hint)) for name, hint in get_type_hints(kind).items() if name.islower()}
    for key in value:
        if key not in known:
            raise CommandError(f"{path} has no {key!r}; it has {', '.join(known)}.")
    for needed in fields(kind):
        if needed.default is MISSING and _camel(needed.name) not in value:
            raise CommandError(f"{path} needs {_camel(needed.name)!r}.")
    return kind(**{known[key][0]: _read(known[key][1], item, f"{path}.{key}") for key, item in value.items()})


def _with_keys(value: Any, path: str) -> Any:
    """Global ids as the primary keys of tasks; what else is given is refused where it is read."""
    if isinstance(value, dict):
        return {name: _with_keys(item, f"{path}.{name}") for name, item in value.items()}
    if isinstance(value, list):
        return [_with_keys(item, path) for item in value]
    try:
        return global_ids.decode(value, of="TaskResult").pk if isinstance(value, str) else value
    except InvalidInput as error:
        raise CommandError(f"{path}: {error.message}") from error


def _read_scalar(kind: Any, value: Any, path: str) -> Any:
    if kind is Any:
        return value
    try:
        read = _READERS.get(kind, kind)(value) if isinstance(value, str) else value
    except ValueError:
        read = None
    if kind is float and type(read) is int:
        read = float(read)
    if not isinstance(read, kind) or (kind is int and isinstance(read, bool)):
        form = f"one of {', '.join(kind)}." if issubclass(kind, Enum) else _FORMS.get(kind, "")
        raise CommandError(f"{path} is no {kind.__name__}" + (f": {form}" if form else "."))
    return read


_READERS: dict[Any, Any] = {
    datetime: iso8601.parse_time,
    timedelta: iso8601.parse_duration,
    **dict.fromkeys((bool, int, float), lambda text: text),
}
_FORMS: dict[Any, str] = {datetime: iso8601.TIME_FORM, timedelta: iso8601.DURATION_FORM}


def _bare(hint: Any) -> Any:
    """The type beside None."""
    return next((kind for kind in get_args(hint) if kind is not NoneType), hint) if NoneType in get_args(hint) else hint


def _camel(name: str) -> str:
    first, *rest = name.strip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)
