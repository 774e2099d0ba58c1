"""Values as they are written, and read back."""

from datetime import timedelta

import pytest

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
def test_a_span_of_time_reads_back_as_it_was(span: timedelta, text: str) -> None:
    assert duration_out(span) == text
    assert duration_in(text) == span
