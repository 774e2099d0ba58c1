"""The cost of a document, computed before it runs: the rows that it may read."""

import pytest
from pytest_django import Settings

from tests.contract.graphql_client import GraphQLClient

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

PAGE = "taskResults(first: 100) { nodes { children(first: 100) { nodes { id } } } }"
"""Costs about 10,000."""


@pytest.fixture(autouse=True)
def low_cost_limit(settings: Settings) -> None:
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
def test_selection_excluded_by_a_literal_directive_costs_nothing(client: GraphQLClient, query: str) -> None:
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
def test_selection_that_may_be_included_costs_in_full(client: GraphQLClient, query: str) -> None:
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
def test_selection_below_time_buckets_costs_as_much_as_many_buckets(
    client: GraphQLClient, settings: Settings, inner: str
) -> None:
    settings.GRAPHQL_API = {}
    assert client.codes(SERIES % inner) == ["QUERY_TOO_COSTLY"]


def test_common_time_series_costs_less_than_the_default_limit(client: GraphQLClient, settings: Settings) -> None:
    settings.GRAPHQL_API = {}
    numbers = "aggregate { count runtime { avg median: percentile(p: 50) p95: percentile(p: 95) } }"
    assert client.codes(SERIES % f"start end {numbers}") == []
    assert client.codes(SERIES % f"start groups {{ keys {numbers} latest {{ taskId }} }}") == []
