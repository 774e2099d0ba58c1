"""Documents made to hurt: each is refused, and refused before it costs anything."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLObjectType, parse

from django_celery_results.policy.viewer import SYSTEM
from graphql_api import documents
from graphql_api.cost import WEIGHTS, total
from graphql_api.engine import Context, GraphQLRequest
from graphql_api.limits import LimitExceeded, check_document
from graphql_api.transport import views
from tests.transport.conftest import Service
from tests.transport.conftest import documents as documents_of_engine
from tests.transport.test_requests import code

pytestmark = pytest.mark.any_database

LARGE, DEEP, COSTLY = "QUERY_TOO_LARGE", "QUERY_TOO_DEEP", "QUERY_TOO_COSTLY"


def nested_fragments(levels: int) -> str:
    """Each fragment selects the next one twice, under two names: 2 to the power of `levels` fields."""
    links = [f"fragment F{i} on Node {{ a{i}: id ...F{i + 1} b{i}: id ...F{i + 1} }}" for i in range(levels)]
    return "{ node(id: 1) { ...F0 } } " + " ".join(links) + f" fragment F{levels} on Node {{ id }}"


def nested_fields(levels: int) -> str:
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
def test_a_hostile_document_is_refused(service: Service, name: str, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None
    settings.GRAPHQL_API = {"MAX_BODY_BYTES": 10_000_000}
    query, expected = HOSTILE[name]
    response = service.ask(query)
    assert (response.status_code, code(response)) == (400, expected)


def spread_twice(levels: int, field: str) -> str:
    """Fragments that an engine without memory would enter 2 to the power of `levels` times."""
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
    "a regular expression": '{ taskResults(filter: {taskName: {regex: "(a+)+$"}}) { nodes { id } } }',
}


PARSED = ["1,000 aliases", "90 kB of tokens", "1,000 directives", "the same field 1,000 times", "300 unknown fields"]
"""Of the hostile ones those that are refused last."""


@pytest.mark.parametrize("name", [*PARSED, *EXPENSIVE_ELSEWHERE])
@pytest.mark.django_db
def test_a_hostile_document_costs_no_more_than_large_honest_ones(name: str) -> None:
    """They take up to 50 ms of a processor; measured against another text, since machines differ."""
    query = EXPENSIVE_ELSEWHERE.get(name) or HOSTILE[name][0]
    engine = views.engine()

    def ask() -> None:
        engine.documents._kept.cache_clear()  # type: ignore[attr-defined]
        engine.execute(GraphQLRequest(query=query), Context(viewer=SYSTEM))

    assert seconds(ask) < 15 * seconds(lambda: parse("{" + "a " * 3_900 + "}"))


def seconds(work: Callable[[], object]) -> float:
    """Of the processor; the better of two."""
    taken = []
    for _ in range(2):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


def test_what_is_too_large_is_never_parsed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "parse", None)
    assert code(service.ask("{" + "a " * 60_000 + "}")) == LARGE


def test_too_many_tokens_are_refused_in_words_of_ours(service: Service) -> None:
    [error] = service.ask(HOSTILE["90 kB of tokens"][0]).json()["errors"]
    assert error["message"] == "The document has more than 4000 tokens. Ask for less, or split it."


@pytest.mark.parametrize("name", ["60 aliases", "1,000 directives", "a deep selection", "the same field 1,000 times"])
def test_what_is_over_a_limit_is_never_validated(service: Service, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "validate", None)
    query, expected = HOSTILE[name]
    assert code(service.ask(query)) == expected


@pytest.mark.parametrize("levels", [5, 10, 20])
def test_fragments_are_entered_once_per_level(levels: int) -> None:
    """Twice the fragments are four times the visits (each is also looked at by itself), not the square of all."""
    visited = check_document(parse(nested_fragments(levels)))
    assert visited <= 2 * (levels + 2) * (levels + 2)


def test_the_budget_stops_what_expands_without_end(settings: Any) -> None:
    settings.GRAPHQL_API = {"MAX_DEPTH": 1000, "MAX_FIELDS": 500}
    with pytest.raises(LimitExceeded, match="500"):
        check_document(parse(nested_fields(30)))


def test_fragments_that_select_each_other_are_refused(service: Service) -> None:
    query = "{ node(id: 1) { ...A } } fragment A on Node { id ...B } fragment B on Node { id ...A }"
    assert code(service.ask(query)) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("values", "expected"),
    [(["a"] * 20_000, LARGE), ([[[]] * 5_000] * 3, LARGE)],
    ids=["a long list", "lists of lists"],
)
def test_large_variables_are_refused(service: Service, values: Any, expected: str) -> None:
    response = service.ask("query ($a: [ID!]) { __typename }", variables={"a": values})
    assert code(response) == "GRAPHQL_VALIDATION_FAILED"
    response = service.ask(
        "query ($a: String) { __typename @include(if: true) node(id: $a) { id } }", variables={"a": 1}
    )
    assert code(response) == "GRAPHQL_VALIDATION_FAILED"
    response = service.ask("query ($a: ID!) { node(id: $a) { id } }", variables={"a": values})
    assert code(response) == expected


def test_deep_variables_are_refused(service: Service) -> None:
    value: Any = {}
    for _ in range(60):
        value = {"not": value}
    query = "query ($f: TaskResultFilter) { taskResults(filter: $f) { nodes { id } } }"
    assert code(service.ask(query, variables={"f": value})) == DEEP


def test_rows_are_counted_along_nested_pages(service: Service, settings: Any) -> None:
    settings.GRAPHQL_API = {"MAX_COST": 30}
    query = (
        "query ($n: Int = 10) { a: taskResults(first: $n) { nodes { id } } b: taskResults(last: 20) { nodes { id } } }"
    )
    assert "data" in service.ask(query).json()
    assert code(service.ask(query, variables={"n": 11})) == COSTLY


def test_a_page_without_a_size_counts_as_the_default_page(service: Service, settings: Any) -> None:
    settings.GRAPHQL_API = {"MAX_COST": 49}
    assert code(service.ask("{ taskResults { nodes { id } } }")) == COSTLY
    assert "data" in service.ask("{ taskResults(first: 49) { nodes { id } } }").json()


def test_mutations_of_one_request_are_few(service: Service) -> None:
    one = 'retryTask(input: {task: {taskId: "unknown"}}) { errors { __typename } }'
    assert "data" in service.ask("mutation {" + " ".join(f"a{i}: {one}" for i in range(3)) + "}").json()
    assert code(service.ask("mutation {" + " ".join(f"a{i}: {one}" for i in range(11)) + "}")) == COSTLY


def test_every_weight_is_that_of_a_field() -> None:
    kinds = documents_of_engine().schema.type_map
    for coordinate in WEIGHTS:
        kind, _, name = coordinate.partition(".")
        known = kinds["TaskResultConnection" if kind == "Connection" else kind].fields  # type: ignore[union-attr]
        assert name in known or name in ("__schema", "__type"), coordinate


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
        ("{ __typename }", 0),
    ],
)
def test_the_cost_is_what_the_documentation_says(query: str, cost: int) -> None:
    operation = documents_of_engine().operation(GraphQLRequest(query=query))
    assert total(operation.costs, {}) == cost


def test_large_values_cost_under_every_name(service: Service) -> None:
    """A page of them would be gigabytes."""
    for field in ("text(maxLength: 1000000)", "json"):
        values = " ".join(f"a{number}: {field}" for number in range(40))
        assert code(service.ask(f"{{ taskResults(first: 100) {{ nodes {{ result {{ {values} }} }} }} }}")) == COSTLY


def test_a_length_may_be_a_variable(service: Service) -> None:
    texts = " ".join(f"a{number}: text(maxLength: $n)" for number in range(5))
    query = f"query ($n: Int!) {{ taskResults(first: 100) {{ nodes {{ args {{ {texts} }} }} }} }}"
    assert "data" in service.ask(query, variables={"n": 100_000}).json()
    assert code(service.ask(query, variables={"n": 1_000_000})) == COSTLY


def test_every_list_of_the_schema_is_a_page_with_a_size_that_counts() -> None:
    kinds = [kind for kind in documents_of_engine().schema.type_map.values() if isinstance(kind, GraphQLObjectType)]
    pages = [field for kind in kinds for field in kind.fields.values() if str(field.type).endswith("Connection!")]
    assert pages
    assert all({"first", "last"} <= set(field.args) for field in pages)


def test_introspection_is_not_too_deep_but_not_free(service: Service) -> None:
    from graphql import get_introspection_query

    assert "data" in service.ask(get_introspection_query(input_value_deprecation=True)).json()
    many = "{" + " ".join(f"a{i}: __schema {{ types {{ name }} }}" for i in range(20)) + "}"
    assert code(service.ask(many)) == COSTLY


def test_without_introspection_no_name_is_given_away(service: Service, settings: Any) -> None:
    assert b"Did you mean" in service.ask("{ taskResultz { nodes { id } } }").content
    settings.GRAPHQL_API = {"INTROSPECTION": False}
    assert code(service.ask("{ __schema { types { name } } }")) == "GRAPHQL_VALIDATION_FAILED"
    assert b"Did you mean" not in service.ask("{ taskResultz { nodes { id } } }").content
    query = "query ($f: TaskResultFilter) { taskResults(filter: $f) { nodes { id } } }"
    assert b"Did you mean" not in service.ask(query, variables={"f": {"taskNam": {}}}).content
    assert service.ask("{ __typename }").json() == {"data": {"__typename": "Query"}}


def test_a_document_is_parsed_and_validated_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "query Once($id: ID!) { node(id: $id) { id } }"
    assert "data" in service.ask(query, variables={"id": "x"}).json()
    monkeypatch.setattr(documents, "parse", None)
    monkeypatch.setattr(documents, "validate", None)
    assert "data" in service.ask(query, variables={"id": "y"}).json()


def test_a_setting_that_changes_is_heeded_at_once(service: Service, settings: Any) -> None:
    query = "{ a: __typename b: __typename }"
    assert "data" in service.ask(query).json()
    settings.GRAPHQL_API = {"MAX_ALIASES": 1}
    assert code(service.ask(query)) == LARGE
