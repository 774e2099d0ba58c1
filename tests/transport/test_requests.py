"""HTTP requests: accepted methods, media types and bodies. Every other request is refused by JSON with a code."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.random_examples import random_examples
from tests.transport.http_client import GRAPHQL_RESPONSE, HttpClient, error_code

pytestmark = pytest.mark.any_database


def test_query_is_executed_by_post(http: HttpClient) -> None:
    assert http.execute("{ __typename }").json() == {"data": {"__typename": "Query"}}


def test_query_is_executed_by_get(http: HttpClient) -> None:
    response = http.request("GET", "?query=query($a:Boolean!){__typename @include(if:$a)}&variables={%22a%22:true}")
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "accept",
    [
        GRAPHQL_RESPONSE,
        f"{GRAPHQL_RESPONSE}; charset=utf-8, application/json; charset=utf-8",
        f"{GRAPHQL_RESPONSE}, application/json;q=0.9",
    ],
)
def test_response_has_the_graphql_media_type_where_it_is_accepted(http: HttpClient, accept: str) -> None:
    response = http.post({"query": "{ __typename }"}, accept=accept)
    assert response["Content-Type"] == f"{GRAPHQL_RESPONSE}; charset=utf-8"


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "application/json;q=0.9, */*;q=0.1"])
def test_validation_error_is_200_for_clients_that_accept_only_json(http: HttpClient, accept: str) -> None:
    response = http.post({"query": "{ unknown }"}, accept=accept)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json; charset=utf-8")
    assert error_code(response) == "GRAPHQL_VALIDATION_FAILED"


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
def test_document_that_cannot_be_executed_is_400_without_data(http: HttpClient, query: str, expected: str) -> None:
    response = http.execute(query)
    assert (response.status_code, error_code(response)) == (400, expected)


@pytest.mark.parametrize("introspection", [True, False])
def test_error_of_the_client_names_its_field_argument_or_variable(
    http: HttpClient, settings: Any, introspection: bool
) -> None:
    settings.GRAPHQL_API = {"INTROSPECTION": introspection}
    query = "query ($id: ID!) { unknown node(id: $id, other: 1) { id } }"
    unknown_field, unknown_argument = http.execute(query).json()["errors"]
    assert "'unknown'" in unknown_field["message"]
    assert "'other'" in unknown_argument["message"]
    (error,) = http.execute("query ($id: ID!) { node(id: $id) { id } }", variables={"id": None}).json()["errors"]
    assert "$id" in error["message"]


def test_unknown_operation_name_is_refused(http: HttpClient) -> None:
    response = http.execute("query A { __typename } query B { __typename }", operationName="C")
    assert (response.status_code, error_code(response)) == (400, "OPERATION_RESOLUTION_FAILURE")


def test_operation_name_selects_one_of_two_operations(http: HttpClient) -> None:
    response = http.execute("query A { a: __typename } query B { b: __typename }", operationName="B")
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
def test_malformed_body_is_400(http: HttpClient, body: bytes) -> None:
    response = http.post(body)
    assert (response.status_code, error_code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("parameters", ["", "?query=", "?query={__typename}&variables=1", "?query={a}&variables={"])
def test_malformed_query_string_is_400(http: HttpClient, parameters: str) -> None:
    response = http.request("GET", parameters)
    assert (response.status_code, error_code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "multipart/form-data; boundary=x", "application/graphql", "application/json; charset=utf-16"],
)
def test_unsupported_content_type_is_415_with_the_accepted_one(http: HttpClient, kind: str) -> None:
    response = http.post(b'{"query": "{ __typename }"}', content_type=kind)
    assert (response.status_code, error_code(response), response["Accept"]) == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "application/json",
    )


def test_accept_header_without_json_is_406(http: HttpClient) -> None:
    response = http.post({"query": "{ __typename }"}, accept="image/png")
    assert (response.status_code, error_code(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("accept", ["a/b; x*=foo''bar", ";;;", "a/b; q=nan", ",,,"])
def test_malformed_accept_header_is_200_or_406(http: HttpClient, accept: str) -> None:
    assert http.post({"query": "{ __typename }"}, accept=accept).status_code in (200, 406)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_unsupported_method_is_405_with_the_allowed_ones(http: HttpClient, method: str) -> None:
    response = http.request(method)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert error_code(response) == "METHOD_NOT_ALLOWED"


def test_options_request_needs_no_login(anonymous_http: HttpClient) -> None:
    response = anonymous_http.request("OPTIONS")
    assert (response.status_code, response["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("accept", [GRAPHQL_RESPONSE, "application/json"])
def test_mutation_by_get_is_405_and_allows_post(http: HttpClient, accept: str) -> None:
    response = http.request("GET", "?query=mutation{__typename}", headers={"accept": accept})
    assert (response.status_code, response["Allow"], error_code(response)) == (405, "POST", "METHOD_NOT_ALLOWED")


def test_body_above_max_body_bytes_is_413(http: HttpClient, settings: Any) -> None:
    settings.GRAPHQL_API = {"MAX_BODY_BYTES": 100}
    response = http.post({"query": "{ __typename }" + " " * 100})
    assert (response.status_code, error_code(response)) == (413, "REQUEST_TOO_LARGE")


def test_body_above_djangos_upload_limit_is_413(http: HttpClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = http.post({"query": "{ __typename }" + " " * 100})
    assert (response.status_code, error_code(response)) == (413, "REQUEST_TOO_LARGE")


def test_response_forbids_caching(http: HttpClient) -> None:
    response = http.execute("{ __typename }")
    assert response["Cache-Control"] == "private, no-store"
    assert "Accept" in response["Vary"]


def test_internal_error_is_500_without_its_text(http: HttpClient, settings: Any, caplog: Any) -> None:
    settings.GRAPHQL_API = {"AUTHENTICATE": "tests.transport.authentication.failing"}
    response = http.execute("{ __typename }")
    assert (response.status_code, error_code(response)) == (500, "INTERNAL")
    assert b"secret" not in response.content
    assert "secret" in caplog.text
    assert response.json()["errors"][0]["extensions"]["errorId"] in caplog.text


def test_malformed_content_length_is_400(http: HttpClient) -> None:
    response = http.post(b"{}", content_length="five")
    assert (response.status_code, error_code(response)) == (400, "BAD_REQUEST")


PAGE = "query ($after: String, $last: String) { taskResults(after: $after, before: $last) { nodes { id } } }"
SINCE = "query ($at: DateTime!) { taskResults(filter: {dateCreated: {gte: $at}}) { nodes { id } } }"
JSON_FILTER = '{ taskResults(filter: {resultJson: {path: "a", eq: {b: [%s]}}}) { nodes { id } } }'
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
        (JSON_FILTER % "1e999", {}, "GRAPHQL_VALIDATION_FAILED"),
        (JSON_FILTER % ("9" * 5_000), {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ taskResults(first: " + "9" * 5_000 + ") { nodes { id } } }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ taskResults(first: " + "9" * 50_000 + ") { nodes { id } } }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_malformed_value_is_an_error_with_a_short_message(
    http: HttpClient, query: str, variables: dict[str, Any], expected: str
) -> None:
    response = http.execute(query, variables=variables)
    assert response.status_code in (200, 400)
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {expected}
    texts = [error["message"] for error in response.json()["errors"]]
    assert all(len(text) < 500 and "sys.set_int" not in text for text in texts)


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


@random_examples(60)
@given(body=PARAMETERS | ANYTHING)
def test_no_json_body_causes_an_internal_error(http: HttpClient, body: Any) -> None:
    response = http.post(body, accept=GRAPHQL_RESPONSE)
    assert response.status_code in (200, 400)
    assert response["Content-Type"].startswith(GRAPHQL_RESPONSE)
    json.loads(response.content)
