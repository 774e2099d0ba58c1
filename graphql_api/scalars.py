"""Times, durations and JSON, strict in what they take and exact in what they give."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from graphql import GraphQLError

from django_celery_results.query import iso8601

SPECIFICATIONS = {
    "DateTime": "https://scalars.graphql.org/andimarek/date-time.html",
    "Duration": "https://www.rfc-editor.org/rfc/rfc3339#appendix-A",
    "JSON": "https://www.rfc-editor.org/rfc/rfc8259",
}
"""Where each scalar's form is written down."""


def time_out(value: Any) -> str:
    """A moment as it is sent."""
    if not isinstance(value, datetime):
        raise TypeError("DateTime cannot represent this value.")
    if value.tzinfo is UTC:  # as every row has it: the shortest way, since lists are full of these
        return value.isoformat()[:-6] + "Z"
    aware = timezone.make_aware(value, timezone.get_default_timezone()) if timezone.is_naive(value) else value
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


def time_in(value: Any) -> datetime:
    """A moment as it was sent, or an error that says how to write one."""
    try:
        return iso8601.parse_time(value if isinstance(value, str) else "")
    except ValueError as error:
        raise GraphQLError(str(error)) from error


def duration_out(value: Any) -> str:
    """A span of time as it is sent: days where it is whole ones, else seconds."""
    if not isinstance(value, timedelta):
        raise TypeError("Duration cannot represent this value.")
    days, rest = divmod(value, timedelta(days=1))
    if days and not rest:
        return f"P{days}D"
    seconds = value / timedelta(seconds=1)
    return f"PT{seconds:f}".rstrip("0").rstrip(".") + "S"


def duration_in(value: Any) -> timedelta:
    """A span of time as it was sent, or an error that says how to write one."""
    try:
        return iso8601.parse_duration(value if isinstance(value, str) else "")
    except ValueError as error:
        raise GraphQLError(str(error)) from error


def json_in(value: Any) -> Any:
    """A JSON value as it was sent."""
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, float) and not math.isfinite(part):  # 1e999 is written as JSON is, but nobody can hold it
            raise GraphQLError("JSON has no NaN and no infinity, and this service no number that large.")
        if isinstance(part, dict | list):
            left.extend(part.values() if isinstance(part, dict) else part)
    return value
