"""Times and durations as clients write them: one grammar, for the API and for the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DURATION = re.compile(
    r"P(?!$)(?:(?P<weeks>\d+)W|(?:(?P<days>\d+)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d{1,6})?)S)?)?)",
    re.ASCII,
)
_MAX_TEXT = 64
TIME_FORM = "A DateTime is written with its offset, such as 2026-01-31T12:00:00Z."
DURATION_FORM = "A Duration is written as in ISO 8601, such as PT90S, PT1H30M or P7D; months have no length."


def parse_time(text: str) -> datetime:
    """Return the moment in UTC; raise `ValueError` with `TIME_FORM` where the text has no offset, or is no time."""
    if len(text) <= _MAX_TEXT and _TIME.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError(TIME_FORM)


def parse_duration(text: str) -> timedelta:
    """Return the span of time; raise `ValueError` with `DURATION_FORM` where the text is none of a fixed length."""
    match = _DURATION.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if match:
        try:
            return timedelta(**{unit: float(number) for unit, number in match.groupdict().items() if number})
        except OverflowError:
            pass
    raise ValueError(DURATION_FORM)
