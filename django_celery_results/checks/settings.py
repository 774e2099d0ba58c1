"""Whether `DJANGO_CELERY_RESULTS` means what its author believes."""

from __future__ import annotations

from dataclasses import fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_type_hints

from celery import Celery
from django.conf import settings as django_settings
from django.db import connections, router
from django.utils.module_loading import import_string

from django_celery_results.actions.overrides import is_overridable
from django_celery_results.conf import SETTING, Settings, StandingAlone, settings, standing_alone, unknown_keys
from django_celery_results.connections import uses_django_backend
from django_celery_results.models import TaskResult

from .messages import error, info, warning
from .types import fits, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.checks import CheckMessage
    from django.db.backends.base.base import BaseDatabaseWrapper

_KEYS = {known.name.upper(): known.name for known in fields(Settings)}
_MAY_BE_ZERO = {
    "merge_started_after",
    "retention",
    "operation_retention",
    "message_max_bytes",
    "refusals_kept_per_minute",
}
_METHODS = {
    "policy": ("visible", "visible_groups", "visible_operations", "may", "may_override", "redact"),
    "message_cipher": ("encrypt", "decrypt"),
}


def check_settings(**_: Any) -> list[CheckMessage]:
    given = getattr(django_settings, SETTING, None)
    if given is not None and not isinstance(given, dict):
        return [error(2, f"{SETTING} is not a dictionary.", f"Write {SETTING} = {{'ALLOW_EDITS': False, ...}}.")]
    wrong = [*_wrong_values(given or {}), *_wrong_outside()]
    return (
        [*_unknown_keys(), *wrong]
        if wrong
        else [*_unknown_keys(), *_wrong_pages(), *_wrong_headers(), *_wrong_paths(), *_wrong_databases()]
    )


def check_exposure(**_: Any) -> list[CheckMessage]:
    if not settings().open_views:
        return []
    text = "The JSON views of task results answer anybody, with what tasks return and their tracebacks."
    return [warning(8, text, f"Remove OPEN_VIEWS from {SETTING}, or do not include django_celery_results.urls.")]


def check_speed(**_: Any) -> list[CheckMessage]:
    """What makes storing results slower than it could be, and need not be wrong."""
    connection = connections[router.db_for_write(TaskResult)]
    is_quick = connection.vendor == "sqlite" or uses_django_backend(connection)
    if is_quick or settings().keep_connection is not None:
        return []
    text = (
        f"Results are stored more slowly than they could be: {_backend_of(connection)} is not one of Django's own "
        "database backends, so that workers keep no connection and use no cursor twice."
    )
    hint = (
        f"If it sets something on each cursor or connection, that must be: set KEEP_CONNECTION to False in {SETTING}."
    )
    return [info(3, text, hint)]


def _backend_of(connection: BaseDatabaseWrapper) -> str:
    return type(connection).__module__.removesuffix(".base")


def _unknown_keys() -> Iterator[CheckMessage]:
    for key in unknown_keys():
        close = get_close_matches(str(key).upper(), _KEYS, 1)
        hint = f"Did you mean {close[0]}?" if close else f"Known keys: {', '.join(sorted(_KEYS))}."
        yield error(1, f"{SETTING} has the unknown key {key!r}.", hint)


def _wrong_values(given: dict[str, Any]) -> Iterator[CheckMessage]:
    hints = get_type_hints(Settings)
    for key, value in given.items():
        name = _KEYS.get(key, "")
        if name and not fits(value, hints[name]):
            yield error(2, f"{SETTING}[{key!r}] is {value!r}.", f"{key} must be {said(hints[name])}.")
        elif name and _is_out_of_range(name, value):
            least = "0 or more" if name in _MAY_BE_ZERO else "more than 0"
            yield error(2, f"{SETTING}[{key!r}] is {value!r}.", f"{key} must be {least}.")


def _wrong_outside() -> Iterator[CheckMessage]:
    """Any text but an empty one is true: `"False"`, as an environment has it, would widen ids."""
    hints = get_type_hints(StandingAlone)
    for name, value in vars(standing_alone()).items():
        if not fits(value, hints[name]):
            full = f"{SETTING}_{name.upper()}"
            yield error(2, f"{full} is {value!r}.", f"{full} must be {said(hints[name])}.")


def _is_out_of_range(name: str, value: Any) -> bool:
    numbers = value.values() if isinstance(value, dict) else [value]
    counted = [each for each in numbers if isinstance(each, int | float) and not isinstance(each, bool)]
    return any(each < 0 or (each == 0 and name not in _MAY_BE_ZERO) for each in counted)


def _wrong_pages() -> Iterator[CheckMessage]:
    size, most = settings().page_size, settings().max_page_size
    if size > most:
        hint = "PAGE_SIZE must be at most MAX_PAGE_SIZE."
        yield error(2, f"{SETTING}['PAGE_SIZE'] is {size}, and MAX_PAGE_SIZE is {most}.", hint)


def _wrong_headers() -> Iterator[CheckMessage]:
    closed = [header for header in settings().retry_headers if not is_overridable(header)]
    if closed:
        hint = f"Remove from it what belongs to Celery, the broker or this package: {', '.join(closed)}."
        yield error(2, f"{SETTING}['RETRY_HEADERS'] names headers that no retry may override.", hint)


def _wrong_paths() -> Iterator[CheckMessage]:
    for name, path in (("policy", settings().policy), ("message_cipher", settings().message_cipher)):
        if path:
            yield from _wrong_class(name, path)
    if settings().celery_app:
        yield from _wrong_app(str(settings().celery_app))


def _wrong_class(name: str, path: str) -> Iterator[CheckMessage]:
    try:
        found = import_string(path)
    except ImportError as problem:
        yield _not_importable(name, path, problem)
        return
    missing = [method for method in _METHODS[name] if not callable(getattr(found, method, None))]
    if missing or not isinstance(found, type):
        wanted = "a class with the methods " + ", ".join(_METHODS[name])
        yield error(4, f"{path}, the {name.upper()} of {SETTING}, is not what it must be.", f"It must be {wanted}.")


def _wrong_app(path: str) -> Iterator[CheckMessage]:
    try:
        found = import_string(path.replace(":", "."))
    except ImportError as problem:
        yield _not_importable("celery_app", path, problem)
        return
    if not isinstance(found, Celery):
        yield error(4, f"{path}, the CELERY_APP of {SETTING}, is not a Celery app.", 'Write it as "proj.celery:app".')


def _not_importable(name: str, path: str, problem: ImportError) -> CheckMessage:
    hint = f"Set {name.upper()} in {SETTING} to a path that can be imported."
    return error(3, f"{path}, the {name.upper()} of {SETTING}, cannot be imported: {problem}", hint)


def _wrong_databases() -> Iterator[CheckMessage]:
    alias = settings().database_for_reads
    if alias and alias not in connections:
        hint = f"DATABASE_FOR_READS in {SETTING} must be one of: {', '.join(connections)}."
        yield error(5, f"There is no database {alias!r} in DATABASES.", hint)
    connection = connections[router.db_for_write(TaskResult)]
    vendor = connection.vendor
    if settings().keep_connection and vendor == "sqlite":
        hint = f"Remove KEEP_CONNECTION from {SETTING}: two connections of one task would wait for each other's lock."
        yield warning(3, "KEEP_CONNECTION has no effect on SQLite.", hint)
    elif settings().keep_connection and not uses_django_backend(connection):
        text = (
            f"KEEP_CONNECTION has no effect with {_backend_of(connection)}, which is not one of Django's own backends."
        )
        hint = f"Remove KEEP_CONNECTION from {SETTING}: another connection would not learn what the backend sets."
        yield warning(3, text, hint)
    if settings().notify and vendor != "postgresql":
        yield warning(4, "NOTIFY needs PostgreSQL; waiters poll.", f"Remove NOTIFY from {SETTING}.")
