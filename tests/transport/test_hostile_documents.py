"""Hostile documents: each is refused by a limit, before it is parsed, validated or executed as far as possible."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from graphql import get_introspection_query, parse

from django_celery_results.policy.viewer import SYSTEM
from graphql_api import documents
from graphql_api.engine import Context, GraphQLRequest
from graphql_api.limits import LimitExceeded, check_document
from graphql_api.transport import views
from tests.transport.http_client import HttpClient, error_code

pytestmark = pytest.mark.any_database

LARGE, DEEP, COSTLY = "QUERY_TOO_LARGE", "QUERY_TOO_DEEP", "QUERY_TOO_COSTLY"


def nested_fragments(levels: int) -> str:
    """Return fragments that each spread the next one twice: written out, 2 to the power of `levels` fields."""
    links = [f"fragment F{i} on Node {{ a{i}: id ...F{i + 1} b{i}: id ...F{i + 1} }}" for i in range(levels)]
    return "{ node(id: 1) { ...F0 } } " + " ".join(links) + f" fragment F{levels} on Node {{ id }}"


def nested_fields(levels: int) -> str:
    """Return fragments that each spread the next one in two fields."""
    links = [f"fragment F{i} on T {{ a {{ ...F{i + 1} }} b {{ ...F{i + 1} }} }}" for i in range(levels)]
    return "{ a { ...F0 } } " + " ".join(links) + f" fragment F{levels} on T {{ id }}"


HOSTILE = {
    "1,000 aliases": ("{" + " ".join(f"a{i}: taskResults {{ nodes {{ id }} }}" for i in range(1000)) + "}", LARGE),
    "60 aliases": ("{" + " ".join(f"a{i}: __typename" for i in range(60)) + "}", LARGE),
    "10,000 directives": ("{ __typename " + "@include(if: true) " * 10_000 + "}", LARGE),
    "1,000 directives": ("{ __typename " + "@include " * 1_000 + "}", LARGE),
    "2 MB of tokens": ("{" + "a " * 1_000_000 + "}", LARGE),
    "90 kB of tokens": ("{" + "a " * 45_000 + "}", LARGE),
    "1.5 MB of unknown fields": ("{" + " ".join(f"unknown{i}" for i in range(100_000)) + "}", LARGE),
    "300,000 strings": ('{ node(id: ["' + '","' * 300_000 + '"]) { id } }', LARGE),
    "the same field 1,000 times": ("{" + "__typename " * 1_000 + "}", LARGE),
    "a fragment bomb of fields": (nested_fields(20), DEEP),
    "a fragment bomb of names": (nested_fragments(60), LARGE),
    "a deep selection": ("{ a" * 40 + "}" * 40, DEEP),
    "a deep value": ("{ node(id: " + "[" * 60 + "]" * 60 + ") { id } }", DEEP),
    "a value too deep to parse": ("{ node(id: " + "[" * 1900 + "]" * 1900 + ") { id } }", "GRAPHQL_PARSE_FAILED"),
    "a selection too deep to parse": ("{ a" * 1300 + "}" * 1300, "GRAPHQL_PARSE_FAILED"),
    "recursive introspection": (
        "{ __schema { types " + "{ fields { type " * 5 + "{ name }" + " } }" * 5 + " } }",
        DEEP,
    ),
    "300 unknown fields": ("{" + " ".join(f"unknown{i}" for i in range(300)) + "}", "GRAPHQL_VALIDATION_FAILED"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_document_is_refused_with_its_code(http: HttpClient, name: str, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    settings.GRAPHQL_API = {"MAX_BODY_BYTES": 10_000_000}
    query, expected = HOSTILE[name]
    response = http.execute(query)
    assert (response.status_code, error_code(response)) == (400, expected)


def spread_twice(levels: int, field: str) -> str:
    """Return fragments that an engine enters 2 to the power of `levels` times unless it enters each once."""
    both = "...F{0} ...F{0}" if field == "" else field + " {{ ...F{0} }} again: " + field + " {{ ...F{0} }}"
    links = [f"fragment F{i} on TaskResult {{ {both.format(i + 1)} }}" for i in range(levels)]
    return "{ taskResults { nodes { ...F0 } } } " + " ".join(links) + f" fragment F{levels} on TaskResult {{ id }}"


EXPENSIVE_ELSEWHERE = {
    "20 fragments spread twice": spread_twice(20, ""),
    "200 fragments spread twice": spread_twice(200, ""),
    "20 fragments in two fields": spread_twice(20, "parent"),
    "20 fragments with two names": nested_fragments(20),
    "999 almost known fields": "{" + " ".join(f"taskResult{i}" for i in range(999)) + "}",
    "50 enormous numbers": "{"
    + " ".join(f"taskResults(first: {'9' * 1500}) {{ totalCount }}" for _ in range(50))
    + "}",
}


PARSED = ["1,000 aliases", "90 kB of tokens", "1,000 directives", "the same field 1,000 times", "300 unknown fields"]
"""The hostile documents that are refused after parsing."""


@pytest.mark.parametrize("name", [*PARSED, *EXPENSIVE_ELSEWHERE])
@pytest.mark.django_db
def test_hostile_document_takes_no_more_work_than_a_large_honest_one(name: str) -> None:
    query = EXPENSIVE_ELSEWHERE.get(name) or HOSTILE[name][0]
    engine = views.engine()

    def execute() -> None:
        engine.documents.cache.clear()  # type: ignore[attr-defined]
        engine.execute(GraphQLRequest(query=query), Context(viewer=SYSTEM))

    honest = "{" + "a " * 3_900 + "}"
    assert function_calls(execute) < 5 * function_calls(lambda: parse(honest))


def function_calls(work: Callable[[], object]) -> int:
    """Return how many function calls the work makes: the same on every machine, however busy it is."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def test_document_above_the_size_limit_is_not_parsed(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "parse", None)
    assert error_code(http.execute("{" + "a " * 60_000 + "}")) == LARGE


def test_max_tokens_setting_limits_the_tokens_of_a_document(http: HttpClient, settings: Any) -> None:
    settings.GRAPHQL_API = {"MAX_TOKENS": 50}
    assert "data" in http.execute("{" + "__typename " * 48 + "}").json()
    response = http.execute("{" + "__typename " * 49 + "}")
    assert error_code(response) == LARGE
    assert "50" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("name", ["60 aliases", "1,000 directives", "a deep selection", "the same field 1,000 times"])
def test_document_above_a_limit_is_not_validated(http: HttpClient, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "validate", None)
    query, expected = HOSTILE[name]
    assert error_code(http.execute(query)) == expected


@pytest.mark.parametrize("levels", [5, 10, 20])
def test_fragment_is_entered_once_per_level(levels: int) -> None:
    # Each of the fragments is also checked by itself: quadratic, not exponential.
    visited = check_document(parse(nested_fragments(levels)))
    assert visited <= 2 * (levels + 2) * (levels + 2)


def test_max_fields_stops_an_exponential_expansion(settings: Any) -> None:
    settings.GRAPHQL_API = {"MAX_DEPTH": 1000, "MAX_FIELDS": 500}
    with pytest.raises(LimitExceeded, match="500"):
        check_document(parse(nested_fields(30)))


def test_fragment_cycle_is_refused(http: HttpClient) -> None:
    query = "{ node(id: 1) { ...A } } fragment A on Node { id ...B } fragment B on Node { id ...A }"
    assert error_code(http.execute(query)) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    "values",
    [["a"] * 20_000, [[[]] * 5_000] * 3],
    ids=["a long list", "lists of lists"],
)
def test_too_many_values_in_variables_are_refused(http: HttpClient, values: Any) -> None:
    response = http.execute("query ($a: ID!) { node(id: $a) { id } }", variables={"a": values})
    assert error_code(response) == LARGE


def test_deeply_nested_variables_are_refused(http: HttpClient) -> None:
    value: Any = {}
    for _ in range(60):
        value = {"not": value}
    query = "query ($f: TaskResultFilter) { taskResults(filter: $f) { nodes { id } } }"
    assert error_code(http.execute(query, variables={"f": value})) == DEEP


def test_introspection_is_allowed_once_per_request(http: HttpClient) -> None:
    assert "data" in http.execute(get_introspection_query(input_value_deprecation=True)).json()
    many = "{" + " ".join(f"a{i}: __schema {{ types {{ name }} }}" for i in range(20)) + "}"
    assert error_code(http.execute(many)) == COSTLY


def test_introspection_setting_off_hides_the_schema_and_suggestions(http: HttpClient, settings: Any) -> None:
    assert b"Did you mean" in http.execute("{ taskResultz { nodes { id } } }").content
    settings.GRAPHQL_API = {"INTROSPECTION": False}
    assert error_code(http.execute("{ __schema { types { name } } }")) == "GRAPHQL_VALIDATION_FAILED"
    assert b"Did you mean" not in http.execute("{ taskResultz { nodes { id } } }").content
    query = "query ($f: TaskResultFilter) { taskResults(filter: $f) { nodes { id } } }"
    assert b"Did you mean" not in http.execute(query, variables={"f": {"taskNam": {}}}).content
    assert http.execute("{ __typename }").json() == {"data": {"__typename": "Query"}}


def test_document_is_parsed_and_validated_once(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "query Once($id: ID!) { node(id: $id) { id } }"
    assert "data" in http.execute(query, variables={"id": "x"}).json()
    monkeypatch.setattr(documents, "parse", None)
    monkeypatch.setattr(documents, "validate", None)
    assert "data" in http.execute(query, variables={"id": "y"}).json()


def test_changed_setting_applies_to_documents_that_were_parsed_before(http: HttpClient, settings: Any) -> None:
    query = "{ a: __typename b: __typename }"
    assert "data" in http.execute(query).json()
    settings.GRAPHQL_API = {"MAX_ALIASES": 1}
    assert error_code(http.execute(query)) == LARGE
