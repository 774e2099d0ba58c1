"""Scalars: times, durations, JSON and large integers, strict in what they take and exact in what they give."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NewType

import strawberry
from django.utils import timezone
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from graphql_api.vocabulary import words

JSON = NewType("JSON", object)
BigInt = NewType("BigInt", int)

_SAFE_INTEGER = 2**53 - 1
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DURATION = re.compile(
    r"P(?!$)(?:(?P<weeks>\d+)W|(?:(?P<days>\d+)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d{1,6})?)S)?)?)",
    re.ASCII,
)
_MAX_TEXT = 64


def _time_out(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError("DateTime cannot represent this value.")
    if value.tzinfo is UTC:  # as every row has it: the shortest way, since lists are full of these
        return value.isoformat()[:-6] + "Z"
    aware = timezone.make_aware(value, timezone.get_default_timezone()) if timezone.is_naive(value) else value
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time_in(value: Any) -> datetime:
    if isinstance(value, str) and len(value) <= _MAX_TEXT and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError("A DateTime is written with its offset, such as 2026-01-31T12:00:00Z.")


def _duration_out(value: Any) -> str:
    if not isinstance(value, timedelta):
        raise TypeError("Duration cannot represent this value.")
    seconds = value / timedelta(seconds=1)
    return f"PT{seconds:f}".rstrip("0").rstrip(".") + "S"


def _duration_in(value: Any) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) and len(value) <= _MAX_TEXT else None
    if match:
        try:
            return timedelta(**{unit: float(number) for unit, number in match.groupdict().items() if number})
        except OverflowError:
            pass
    raise GraphQLError("A Duration is written as in ISO 8601, such as PT90S, PT1H30M or P7D; months have no length.")


def _json_in(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise GraphQLError("JSON has no NaN and no infinity.")
    return value


def _big_out(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("BigInt cannot represent this value.")
    return value if abs(value) <= _SAFE_INTEGER else str(value)


def _big_in(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,30}", value, re.ASCII):
        return int(value)
    raise GraphQLError("A BigInt is a whole number, or its digits as a string.")


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description=words("DateTime"),
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=_time_out,
        parse_value=_time_in,
    ),
    timedelta: strawberry.scalar(
        name="Duration",
        description=words("Duration"),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#appendix-A",
        serialize=_duration_out,
        parse_value=_duration_in,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description=words("JSON"),
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        parse_value=_json_in,
    ),
    BigInt: strawberry.scalar(name="BigInt", description=words("BigInt"), serialize=_big_out, parse_value=_big_in),
}
