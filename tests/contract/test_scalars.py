"""The scalar Duration."""

from datetime import timedelta

import pytest
from graphql import GraphQLError

from graphql_api.scalars import duration_in, duration_out

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=1), "P1D"),
        (timedelta(weeks=2), "P14D"),
        (timedelta(days=1, seconds=1), "PT86401S"),
        (timedelta(minutes=100), "PT6000S"),
        (timedelta(microseconds=1_500_000), "PT1.5S"),
        (timedelta(), "PT0S"),
    ],
)
def test_duration_round_trips_through_iso_8601(span: timedelta, text: str) -> None:
    assert duration_out(span) == text
    assert duration_in(text) == span


@pytest.mark.parametrize(
    ("text", "span"),
    [("P2W", timedelta(weeks=2)), ("PT1H30M", timedelta(hours=1.5)), ("P1DT0.25S", timedelta(days=1, seconds=0.25))],
)
def test_duration_is_parsed_from_any_unit_of_fixed_length(text: str, span: timedelta) -> None:
    assert duration_in(text) == span


@pytest.mark.parametrize("text", ["", "P", "PT", "P1M", "P1Y", "-PT1S", "1 day", "P1D ", "P99999999999D", 5, None])
def test_invalid_duration_is_refused(text: object) -> None:
    with pytest.raises(GraphQLError):
        duration_in(text)
