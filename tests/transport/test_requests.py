"""What the HTTP service takes, and what it says to what it does not take: always JSON, always a code."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transport.conftest import RESPONSE, Service

pytestmark = pytest.mark.any_database


def code(response: Any) -> str:
    """The code of the first error; the answer must be one in the specification's shape."""
    payload = json.loads(response.content)
    assert "data" not in payload
    assert set(payload["errors"][0]) <= {"message", "locations", "path", "extensions"}
    return payload["errors"][0]["extensions"]["code"]


def test_a_query_is_answered_by_post(service: Service) -> None:
    assert service.ask("{ __typename }").json() == {"data": {"__typename": "Query"}}


def test_a_query_is_answered_by_get(service: Service) -> None:
    response = service.request("GET", "?query=query($a:Boolean!){__typename @include(if:$a)}&variables={%22a%22:true}")
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "accept",
    [RESPONSE, f"{RESPONSE}; charset=utf-8, application/json; charset=utf-8", f"{RESPONSE}, application/json;q=0.9"],
)
def test_the_newer_media_type_is_spoken_where_preferred(service: Service, accept: str) -> None:
    response = service.post({"query": "{ __typename }"}, accept=accept)
    assert response["Content-Type"] == f"{RESPONSE}; charset=utf-8"


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "application/json;q=0.9, */*;q=0.1"])
def test_older_clients_get_200_for_what_is_well_formed(service: Service, accept: str) -> None:
    response = service.post({"query": "{ unknown }"}, accept=accept)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert code(response) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("fragment F on Query { __typename } ", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A($a: Int!) { __typename @include(if: true) taskResults(first: $a) { nodes { id } } }",
            "BAD_USER_INPUT",
        ),
        ("# nothing", "GRAPHQL_PARSE_FAILED"),
        ('{ node(id: "\\uD800") { id } }', "GRAPHQL_PARSE_FAILED"),
    ],
)
def test_a_document_that_cannot_run_is_a_400_without_data(service: Service, query: str, expected: str) -> None:
    response = service.ask(query)
    assert (response.status_code, code(response)) == (400, expected)


@pytest.mark.parametrize("introspection", [True, False])
def test_what_a_client_did_wrong_is_said_in_full(service: Service, settings: Any, introspection: bool) -> None:
    """Only failures of the service are masked."""
    settings.GRAPHQL_API = {"INTROSPECTION": introspection}
    query = "query ($id: ID!) { unknown node(id: $id, other: 1) { id } }"
    messages = [error["message"] for error in service.ask(query).json()["errors"]]
    assert messages == [
        "Cannot query field 'unknown' on type 'Query'.",
        "Unknown argument 'other' on field 'Query.node'.",
    ]
    (error,) = service.ask("query ($id: ID!) { node(id: $id) { id } }", variables={"id": None}).json()["errors"]
    assert "$id" in error["message"]


def test_an_unknown_operation_name_is_refused(service: Service) -> None:
    response = service.ask("query A { __typename } query B { __typename }", operationName="C")
    assert (response.status_code, code(response)) == (400, "OPERATION_RESOLUTION_FAILURE")


def test_the_named_one_of_two_operations_runs(service: Service) -> None:
    response = service.ask("query A { a: __typename } query B { b: __typename }", operationName="B")
    assert response.json() == {"data": {"b": "Query"}}


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"null",
        b"1",
        b'"text"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": {"a": 1}}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "extensions": 1}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": -Infinity}}',
        b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ __typename }", "variables": {"a": %s}}' % (b"9" * 5000),
        b'{"query": "\xff"}',
        '{"query": "{ __typename }"}'.encode("utf-16"),
        b"\xef\xbb\xbf" + b'{"query": "{ __typename }"}',
        b"[" * 50_000,
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
    ],
)
def test_a_malformed_body_is_a_400(service: Service, body: bytes) -> None:
    response = service.post(body)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("parameters", ["", "?query=", "?query={__typename}&variables=1", "?query={a}&variables={"])
def test_a_malformed_query_string_is_a_400(service: Service, parameters: str) -> None:
    response = service.request("GET", parameters)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "multipart/form-data; boundary=x", "application/graphql", "application/json; charset=utf-16"],
)
def test_another_content_type_is_a_415_that_names_ours(service: Service, kind: str) -> None:
    response = service.post(b'{"query": "{ __typename }"}', content_type=kind)
    assert (response.status_code, code(response), response["Accept"]) == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "application/json",
    )


def test_a_client_that_accepts_nothing_of_ours_gets_a_406(service: Service) -> None:
    response = service.post({"query": "{ __typename }"}, accept="image/png")
    assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("accept", ["a/b; x*=foo''bar", ";;;", "a/b; q=nan", ",,,"])
def test_a_broken_accept_header_is_answered(service: Service, accept: str) -> None:
    assert service.post({"query": "{ __typename }"}, accept=accept).status_code in (200, 406)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_another_method_is_a_405_that_names_ours(service: Service, method: str) -> None:
    response = service.request(method)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert code(response) == "METHOD_NOT_ALLOWED"


def test_options_are_told_without_a_login(anonymous: Service) -> None:
    response = anonymous.request("OPTIONS")
    assert (response.status_code, response["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("accept", [RESPONSE, "application/json"])
def test_a_mutation_by_get_is_a_405_that_names_post(service: Service, accept: str) -> None:
    response = service.request("GET", "?query=mutation{__typename}", headers={"accept": accept})
    assert (response.status_code, response["Allow"], code(response)) == (405, "POST", "METHOD_NOT_ALLOWED")


def test_a_body_above_the_limit_is_a_413(service: Service, settings: Any) -> None:
    settings.GRAPHQL_API = {"MAX_BODY_BYTES": 100}
    response = service.post({"query": "{ __typename }" + " " * 100})
    assert (response.status_code, code(response)) == (413, "REQUEST_TOO_LARGE")


def test_a_body_above_django_s_own_limit_is_a_413(service: Service, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = service.post({"query": "{ __typename }" + " " * 100})
    assert (response.status_code, code(response)) == (413, "REQUEST_TOO_LARGE")


def test_answers_are_kept_by_no_cache(service: Service) -> None:
    response = service.ask("{ __typename }")
    assert response["Cache-Control"] == "private, no-store"
    assert "Accept" in response["Vary"]


def test_a_failure_of_ours_is_json_without_its_text(service: Service, settings: Any, caplog: Any) -> None:
    settings.GRAPHQL_API = {"AUTHENTICATE": "tests.transport.authentication.broken"}
    response = service.ask("{ __typename }")
    assert (response.status_code, code(response)) == (500, "INTERNAL")
    assert b"secret" not in response.content
    assert "secret" in caplog.text
    assert response.json()["errors"][0]["extensions"]["errorId"] in caplog.text


def test_a_content_length_that_is_no_number_is_a_400(service: Service) -> None:
    response = service.post(b"{}", content_length="five")
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


PAGE = "query ($after: String, $last: String) { taskResults(after: $after, before: $last) { nodes { id } } }"
SINCE = "query ($at: DateTime!) { taskResults(filter: {dateCreated: {gte: $at}}) { nodes { id } } }"
INSIDE = '{ taskResults(filter: {resultJson: {path: "a", eq: {b: [%s]}}}) { nodes { id } } }'
NODE = "query ($id: ID!) { node(id: $id) { id } }"


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        (PAGE, {"after": "x" * 100_000}, "BAD_CURSOR"),
        (PAGE, {"after": "W" * 100_000 + "=="}, "BAD_CURSOR"),
        (PAGE, {"last": "ü" * 50_000}, "BAD_CURSOR"),
        (PAGE, {"after": "\0"}, "BAD_CURSOR"),
        (PAGE, {"after": 7}, "BAD_USER_INPUT"),
        (SINCE, {"at": "+12026-01-01T00:00:00Z"}, "BAD_USER_INPUT"),
        (SINCE, {"at": "99999-01-01T00:00:00Z"}, "BAD_USER_INPUT"),
        (SINCE, {"at": "0000-01-01T00:00:00Z"}, "BAD_USER_INPUT"),
        (SINCE, {"at": "0001-01-01T00:00:00+14:00"}, "BAD_USER_INPUT"),
        (SINCE, {"at": "2026-01-01T00:00:00"}, "BAD_USER_INPUT"),
        (SINCE, {"at": 10**30}, "BAD_USER_INPUT"),
        (SINCE, {"at": "1" * 100_000}, "BAD_USER_INPUT"),
        (NODE, {"id": "x" * 100_000}, "BAD_USER_INPUT"),
        (NODE, {"id": 2**70}, "BAD_USER_INPUT"),
        (NODE, {"id": True}, "BAD_USER_INPUT"),
        (NODE, {"id": [[[["x"]]]]}, "BAD_USER_INPUT"),
        (INSIDE % "1e999", {}, "GRAPHQL_VALIDATION_FAILED"),
        (INSIDE % ("9" * 5_000), {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ taskResults(first: " + "9" * 5_000 + ") { nodes { id } } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ taskResults(first: " + "9" * 50_000 + ") { nodes { id } } }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_a_value_that_means_nothing_is_an_error_with_a_code(
    service: Service, query: str, variables: dict[str, Any], expected: str
) -> None:
    response = service.ask(query, variables=variables)
    assert response.status_code in (200, 400)
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {expected}
    messages = [error["message"] for error in response.json()["errors"]]
    assert all(len(message) < 500 and "sys.set_int" not in message for message in messages)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "query": ANYTHING | st.sampled_from(["{ __typename }", "query($a: [String!]) { __typename }"]),
        "variables": ANYTHING,
        "operationName": ANYTHING,
        "extensions": ANYTHING,
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=PARAMETERS | ANYTHING)
def test_no_body_makes_the_service_fail(service: Service, body: Any) -> None:
    response = service.post(body, accept=RESPONSE)
    assert response.status_code in (200, 400)
    assert response["Content-Type"].startswith(RESPONSE)
    json.loads(response.content)
