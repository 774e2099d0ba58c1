"""The cost of a document over HTTP: rows, nested pages, large values and mutations, and the limit on it."""

from typing import Any

import pytest
from graphql import GraphQLObjectType

from graphql_api.cost import WEIGHTS, total
from graphql_api.engine import GraphQLRequest
from tests.transport.http_client import HttpClient, error_code, installed_documents

pytestmark = pytest.mark.any_database

COSTLY = "QUERY_TOO_COSTLY"


def test_cost_counts_variables_and_adds_up_pages(http: HttpClient, settings: Any) -> None:
    settings.GRAPHQL_API = {"MAX_COST": 30}
    query = (
        "query ($n: Int = 10) { a: taskResults(first: $n) { nodes { id } } b: taskResults(last: 20) { nodes { id } } }"
    )
    assert "data" in http.execute(query).json()
    assert error_code(http.execute(query, variables={"n": 11})) == COSTLY


def test_page_without_a_size_costs_as_much_as_the_default_page(http: HttpClient, settings: Any) -> None:
    settings.GRAPHQL_API = {"MAX_COST": 49}
    assert error_code(http.execute("{ taskResults { nodes { id } } }")) == COSTLY
    assert "data" in http.execute("{ taskResults(first: 49) { nodes { id } } }").json()


def test_eleven_mutations_in_one_request_are_too_costly(http: HttpClient) -> None:
    one = 'retryTask(input: {task: {taskId: "unknown"}}) { errors { __typename } }'
    assert "data" in http.execute("mutation {" + " ".join(f"a{i}: {one}" for i in range(3)) + "}").json()
    assert error_code(http.execute("mutation {" + " ".join(f"a{i}: {one}" for i in range(11)) + "}")) == COSTLY


def test_every_weight_belongs_to_a_field_of_the_schema() -> None:
    types = installed_documents().schema.type_map
    for coordinate in WEIGHTS:
        type_name, _, name = coordinate.partition(".")
        fields = types["TaskResultConnection" if type_name == "Connection" else type_name].fields  # type: ignore[union-attr]
        assert name in fields or name in ("__schema", "__type"), coordinate


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ taskResults(first: 7) { nodes { id } totalCount count { value } } }", 607),
        ("{ taskResults(first: 7) { nodes { children(first: 3) { nodes { id } } } } }", 7 + 7 * 3),
        (
            "{ taskResultStats { groups(by: STATUS, top: 5) { aggregate { count runtime { percentile(p: 50) } } } } }",
            1105,
        ),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ("{ taskResults(first: 5) { nodes { result { json text short: text(maxLength: 19999) } meta } } }", 205),
        ("{ taskResults(first: 5) { nodes { args { text(maxLength: 1000000) } error { message traceback } } } }", 380),
        ("query ($n: Int! = 40000) { taskResults(first: 5) { nodes { args { text(maxLength: $n) } } } }", 5),
        ("{ groupResults(first: 3) { nodes { completedCount stateCounts { count } size } } }", 3 + 3 * 100),
        ("{ taskResults(first: 5) { nodes { result { isRedacted isTruncated } error { module } } } }", 135),
        ("{ __typename }", 0),
        ("{ __schema { queryType { name } } }", 5_000),
        ('{ __type(name: "Query") { name } }', 500),
        ("{ suggest(field: TASK_NAME) }", 100 + 20),
        ("{ registeredTasks { name stats { count } } }", 500 + 1_000),
        ("{ taskResultStats { total { count } } }", 1_000),
        ("{ taskResultStats { timeSeries(unit: HOUR) { groups { aggregate { count } } } } }", 1_000 + 2_000),
        (
            "{ taskResultStats { timeSeries(unit: HOUR) { aggregate { runtime { percentile(p: 50) } } } } }",
            1_000 + 2_000,
        ),
        ("{ operations(first: 3) { nodes { input } } }", 3 + 3 * 2),
        ("{ taskResults(first: 3) { nodes { chord { __typename } } } }", 3 + 3 * 5),
        ("{ groupResults(first: 3) { nodes { chord { __typename } } } }", 3 + 3 * 5),
        ('mutation { retryTask(input: {task: {taskId: "t"}}) { errors { __typename } } }', 2_000),
        ("{ taskResults(first: -5) { nodes { meta } count { value } } }", 100),
        ("{ taskResults(first: 5) { ...F ...F } } fragment F on TaskResultConnection { nodes { meta } }", 5 + 5 * 20),
        ("{ taskResults(first: 5) { nodes { args { text(maxLength: -40000) } } } }", 5),
    ],
)
def test_cost_is_the_documented_sum_of_rows_and_weights(query: str, cost: int) -> None:
    parsed = installed_documents().operation(GraphQLRequest(query=query))
    assert total(parsed.costs, {}) == cost


def test_large_values_under_many_aliases_are_too_costly(http: HttpClient) -> None:
    for field in ("text(maxLength: 1000000)", "json", "isRedacted"):
        values = " ".join(f"a{number}: {field}" for number in range(40))
        assert (
            error_code(http.execute(f"{{ taskResults(first: 100) {{ nodes {{ result {{ {values} }} }} }} }}")) == COSTLY
        )


def test_cost_of_a_text_follows_the_variable_of_its_max_length(http: HttpClient) -> None:
    texts = " ".join(f"a{number}: text(maxLength: $n)" for number in range(5))
    query = f"query ($n: Int!) {{ taskResults(first: 100) {{ nodes {{ args {{ {texts} }} }} }} }}"
    assert "data" in http.execute(query, variables={"n": 100_000}).json()
    assert error_code(http.execute(query, variables={"n": 1_000_000})) == COSTLY


def test_every_connection_takes_a_page_size() -> None:
    types = [kind for kind in installed_documents().schema.type_map.values() if isinstance(kind, GraphQLObjectType)]
    fields = [field for kind in types for field in kind.fields.values() if str(field.type).endswith("Connection!")]
    assert fields
    assert all({"first", "last"} <= set(field.args) for field in fields)
