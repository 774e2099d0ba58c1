"""What the sender of a retry may change about the message, and the check that it makes sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, NoReturn

from celery.app.task import Context
from django.utils import timezone

from django_celery_results.conf import settings
from django_celery_results.message import HIDDEN_HEADER
from django_celery_results.message_codec import Message

from .embedded import values_within
from .outcome import ErrorCode, refuse

_PROTOCOL_HEADERS = frozenset(
    {name for name in vars(Context) if not name.startswith("_")}
    | {"lang", "task", "argsrepr", "kwargsrepr", "compression", "meth", "periodic_task_name"}
)
_COPIES = frozenset({"cc", "bcc"})
"""RabbitMQ sends a copy of the message to every queue that these headers name."""
_TYPE_KEY = "__type__"
"""kombu's JSON decoder hands the value beside this key to a registered decoder, in the worker's main process."""
_MAX_NAME_BYTES = 255
_MAX_SECONDS = 10 * 365 * 86400


@dataclass(frozen=True, kw_only=True)
class RetryOverrides:
    """Fields that are None stay as the message has them."""

    args: Sequence[Any] | None = None
    """Takes the place of all positional arguments."""
    kwargs: Mapping[str, Any] | None = None
    """Merged into the keyword arguments; a value of None removes the key."""
    queue: str | None = None
    countdown: float | None = None
    """Seconds from now until the task may run; not together with `eta`."""
    eta: datetime | None = None
    expires: datetime | float | None = None
    """When the task is no longer worth running: a time, or seconds from now."""
    priority: int | None = None
    headers: Mapping[str, Any] | None = None
    """Merged into the message's own headers; only names that `RETRY_HEADERS` lists."""

    def given(self) -> dict[str, Any]:
        """The fields that change something."""
        return {known.name: value for known in fields(self) if (value := getattr(self, known.name)) is not None}

    @property
    def changes_arguments(self) -> bool:
        return self.args is not None or self.kwargs is not None


def is_reserved(header: str) -> bool:
    """Whether a header belongs to Celery, to this package or to the broker: `task` would run another task."""
    name = str(header).lower()
    return name in _PROTOCOL_HEADERS or name.startswith(("dcr_", "x-death", "x-first-death", "x-last-death"))


def is_overridable(header: str) -> bool:
    """Whether a retry may ever set this header: a project can allow all but Celery's, the broker's and ours."""
    return not is_reserved(header) and str(header).lower() not in _COPIES


def apply(overrides: RetryOverrides, message: Message) -> Message:
    """The message with the changes, which `check_overrides` has seen."""
    return replace(
        message,
        args=message.args if overrides.args is None else tuple(overrides.args),
        kwargs=_merged(message.kwargs, overrides.kwargs),
        options=_options(overrides, message.options),
    )


def check_overrides(overrides: RetryOverrides) -> None:
    """Refuse what makes no sense for any message."""
    if overrides.countdown is not None and overrides.eta is not None:
        _refuse("countdown", "Give a countdown or an eta, not both.")
    if isinstance(overrides.args, str | bytes) or not isinstance(overrides.args, Sequence | None):
        _refuse("args", "Positional arguments are a list.")
    if not isinstance(overrides.kwargs, Mapping | None) or not all(
        isinstance(key, str) for key in overrides.kwargs or ()
    ):
        _refuse("kwargs", "Keyword arguments are an object with names as keys.")
    if overrides.queue is not None and not _is_name(overrides.queue):
        _refuse("queue", "A queue's name has 1 to 255 bytes, none of them control characters.")
    if overrides.priority is not None and not 0 <= overrides.priority <= 255:
        _refuse("priority", "A priority is a number from 0 to 255.")
    for name in ("args", "kwargs", "headers"):
        if any(isinstance(each, Mapping) and _TYPE_KEY in each for each in values_within(getattr(overrides, name))):
            _refuse(name, f"A value has the key {_TYPE_KEY!r}, which workers decode as something else: leave it out.")
    _check_headers(overrides.headers)
    _moments(overrides)


def _check_headers(headers: Any) -> None:
    if not isinstance(headers, Mapping | None):
        _refuse("headers", "Headers are an object.")
    for header in headers or ():
        if not _is_name(str(header)):
            _refuse("headers", "A header's name has 1 to 255 bytes, none of them control characters.")
        if not is_overridable(header):
            _refuse("headers", f"The header {header!r} belongs to Celery, the broker or this package: leave it out.")
        if header not in settings().retry_headers:
            _refuse("headers", f"The header {header!r} may not be set: leave it out, or add it to RETRY_HEADERS.")


def _is_name(text: str) -> bool:
    """Whether every broker can carry this name: control characters part the names that Redis keeps of queues."""
    return text.isprintable() and 0 < len(text.encode()) <= _MAX_NAME_BYTES


def _merged(kwargs: dict[str, Any], changes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        key: value
        for key, value in {**kwargs, **(changes or {})}.items()
        if value is not None or key not in (changes or {})
    }


def _options(overrides: RetryOverrides, options: Mapping[str, Any]) -> dict[str, Any]:
    changed = {**options, "delivery": dict(options.get("delivery") or {})}
    if overrides.queue is not None:
        changed["queue"] = overrides.queue
    if overrides.priority is not None:
        changed["delivery"]["priority"] = overrides.priority
    if overrides.changes_arguments and not (options.get("headers") or {}).get(HIDDEN_HEADER):
        changed.pop("argsrepr", None)
        changed.pop("kwargsrepr", None)
    kept = options.get("headers") or {}
    if overrides.queue is not None:  # it goes there and nowhere else
        kept = {name: value for name, value in kept.items() if name.lower() not in _COPIES}
    changed["headers"] = {**kept, **(overrides.headers or {})}
    return changed | _moments(overrides)


def _moments(overrides: RetryOverrides) -> dict[str, str]:
    """Times are fixed now: a message that is sent late, after a crash, keeps them."""
    given = (("eta", overrides.eta), ("countdown", overrides.countdown), ("expires", overrides.expires))
    return {
        "expires" if name == "expires" else "eta": _moment(name, value).isoformat()
        for name, value in given
        if value is not None
    }


def _moment(name: str, value: datetime | float) -> datetime:
    """With its offset, whatever `USE_TZ` is: workers read times without one by a clock of their own."""
    now = datetime.now(UTC)
    if isinstance(value, datetime):
        moment = timezone.make_aware(value) if timezone.is_naive(value) else value
    elif isfinite(value) and 0 <= value <= _MAX_SECONDS:
        moment = now + timedelta(seconds=value)
    else:
        _refuse(name, "Seconds are a number from 0 to ten years.")
    if name == "expires" and moment <= now:
        _refuse(name, "An expiry lies in the future.")
    return moment


def _refuse(name: str, message: str) -> NoReturn:
    refuse(ErrorCode.INVALID_INPUT, message, path=("overrides", name))
