"""What an operation costs before it runs: the rows that it may read."""

import pytest
from pytest_django import Settings

from tests.contract.conftest import Client

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PAGE = "taskResults(first: 100) { nodes { children(first: 100) { nodes { id } } } }"
"""Costs some 10,000."""


@pytest.fixture(autouse=True)
def little(settings: Settings) -> None:
    settings.GRAPHQL_API = {"MAX_COST": 1_000}


@pytest.mark.parametrize(
    "query",
    [
        f"{{ __typename ... @skip(if: true) {{ {PAGE} }} }}",
        f"{{ __typename ... @include(if: false) {{ {PAGE} }} }}",
        f"{{ __typename ...Page @skip(if: true) }} fragment Page on Query {{ {PAGE} }}",
        "{ __typename " + PAGE.replace(" {", " @include(if: false) {", 1) + " }",
        "{ " + PAGE.replace("children(first: 100) {", "id children(first: 100) @skip(if: true) {") + " }",
    ],
)
def test_what_a_literal_leaves_out_costs_nothing(client: Client, query: str) -> None:
    assert client.codes(query) == []


@pytest.mark.parametrize(
    "query",
    [
        f"{{ {PAGE} }}",
        f"{{ ... @skip(if: false) {{ {PAGE} }} }}",
        f"{{ ... @include(if: true) {{ {PAGE} }} }}",
        f"{{ ...Page @skip(if: true) ...Page }} fragment Page on Query {{ {PAGE} }}",
        f"query ($no: Boolean = false) {{ __typename ... @include(if: $no) {{ {PAGE} }} }}",
        f"query ($yes: Boolean = true) {{ __typename ... @skip(if: $yes) {{ {PAGE} }} }}",
    ],
)
def test_everything_else_costs_as_if_asked_for(client: Client, query: str) -> None:
    assert client.codes(query) == ["QUERY_TOO_COSTLY"]


SERIES = "{ taskResultStats { timeSeries(unit: MINUTE, by: WORKER) { %s } } }"
PERCENTILES = (
    "aggregate { runtime { " + " ".join(f"p{number}: percentile(p: {number})" for number in range(10)) + " } }"
)


@pytest.mark.parametrize(
    "inner",
    [
        "groups { latest { children(first: 100) { nodes { taskId } } } }",
        "groups { latest { workflow(limit: 10) { tasks { taskId } } } }",
        f"groups {{ {PERCENTILES} }}",
        PERCENTILES,
    ],
)
def test_what_every_bucket_of_a_time_series_is_asked_for_counts_for_many(
    client: Client, settings: Settings, inner: str
) -> None:
    settings.GRAPHQL_API = {}
    assert client.codes(SERIES % inner) == ["QUERY_TOO_COSTLY"]


def test_a_usual_time_series_is_within_the_limits(client: Client, settings: Settings) -> None:
    settings.GRAPHQL_API = {}
    numbers = "aggregate { count runtime { avg median: percentile(p: 50) p95: percentile(p: 95) } }"
    assert client.codes(SERIES % f"start end {numbers}") == []
    assert client.codes(SERIES % f"start groups {{ keys {numbers} latest {{ taskId }} }}") == []
