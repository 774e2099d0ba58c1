"""Payloads: their permissions, their redaction, and that filters reveal neither."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from django_celery_results.policy.access import Action, policy
from django_celery_results.policy.viewer import Viewer
from tests.contract.graphql_client import GraphQLClient
from tests.factories import create_task
from tests.secret_tasks import login

pytestmark = pytest.mark.django_db

PAYLOAD = """{ taskResults { nodes {
  args { text } kwargs { text } result { text } meta error { type message traceback } } } }"""


def test_payloads_and_tracebacks_need_their_own_permissions(
    client: GraphQLClient, viewer_with: Callable[..., Viewer]
) -> None:
    create_task(
        "t",
        status="FAILURE",
        task_args='"[1]"',
        task_kwargs='"{}"',
        meta="{}",
        traceback="trace",
        result='{"exc_type": "E", "exc_message": ["m"], "exc_module": "b"}',
    )

    def node_for(*actions: Action, name: str) -> Any:
        [node] = client.data(PAYLOAD, viewer=viewer_with(*actions, name=name))["taskResults"]["nodes"]
        return node

    hidden = {"args": None, "kwargs": None, "result": None, "meta": None}
    node = node_for(Action.VIEW, name="neither")
    assert node == {**hidden, "error": {"type": "E", "message": None, "traceback": None}}
    node = node_for(Action.VIEW, Action.VIEW_TRACEBACK, name="tracebacks")
    assert node == {**hidden, "error": {"type": "E", "message": "m", "traceback": "trace"}}
    node = node_for(Action.VIEW, Action.VIEW_PAYLOAD, name="payloads")
    assert node["error"]["traceback"] is None
    assert (node["args"], node["kwargs"], node["meta"]) == ({"text": "[1]"}, {"text": "{}"}, {})


@pytest.mark.parametrize(
    ("where", "needs"),
    [
        ('args: {contains: "x"}', Action.VIEW_PAYLOAD),
        ('kwargs: {contains: "x"}', Action.VIEW_PAYLOAD),
        ('result: {contains: "x"}', Action.VIEW_PAYLOAD),
        ('traceback: {contains: "x"}', Action.VIEW_TRACEBACK),
        ('search: "name:t args:x"', Action.VIEW_PAYLOAD),
        ('search: "-kwargs:42"', Action.VIEW_PAYLOAD),
        ('search: "result:x"', Action.VIEW_PAYLOAD),
        ('search: "traceback:x"', Action.VIEW_TRACEBACK),
    ],
)
def test_payload_filter_needs_the_permission_of_its_field(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], where: str, needs: Action
) -> None:
    create_task("t", task_args='"[42]"', task_kwargs='"{42}"', result="42", traceback="42")
    query = f"{{ taskResults(filter: {{not: {{{where}}}}}) {{ nodes {{ id }} }} }}"
    response = client.execute(query, viewer=viewer_with(Action.VIEW, name="a"))
    assert response.errors[0]["extensions"] == {"code": "FORBIDDEN", "permission": needs.permission}
    assert client.data(query, viewer=viewer_with(Action.VIEW, needs, name="b"))["taskResults"]["nodes"]


@pytest.mark.parametrize("field", ["resultJson", "metaJson"])
def test_json_path_filter_needs_the_payload_permission(
    client: GraphQLClient, viewer_with: Callable[..., Viewer], field: str
) -> None:
    query = f'{{ taskResults(filter: {{or: [{{{field}: {{path: ["a"], eq: "x"}}}}]}}) {{ nodes {{ id }} }} }}'
    response = client.execute(query, viewer=viewer_with(Action.VIEW, name="a"))
    needed = {"code": "FORBIDDEN", "permission": Action.VIEW_PAYLOAD.permission}
    assert response.errors[0]["extensions"] == needed


@pytest.mark.parametrize("key", ["password", "API_KEY", "x-api-key", "accessToken"])
def test_filter_never_matches_a_row_with_redacted_values(client: GraphQLClient, key: str) -> None:
    create_task("t", result=f'{{"{key}": "hunter2", "open": "sesame"}}')
    query = "query ($filter: TaskResultFilter) { taskResults(filter: $filter) { nodes { taskId } } }"
    for guess in ("hunter2", "sesame", "hunter3"):
        for where in ({"result": {"contains": guess}}, {"search": f"result:{guess}"}):
            assert client.data(query, {"filter": where})["taskResults"]["nodes"] == []
            negated = client.data(query, {"filter": {"not": where}})
            assert negated["taskResults"]["nodes"] == [{"taskId": "t"}]


def test_redacted_key_in_non_ascii_letters_is_matched_in_escaped_json(
    client: GraphQLClient, settings: Settings
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ("пароль",)}
    create_task("t", result=json.dumps({"Пароль": "hunter2"}))
    query = "query ($filter: TaskResultFilter) { taskResults(filter: $filter) { nodes { result { text } } } }"
    assert client.data(query, {"filter": {"result": {"contains": "hunter"}}})["taskResults"]["nodes"] == []
    [node] = client.data(query)["taskResults"]["nodes"]
    assert "hunter2" not in node["result"]["text"]


def test_duplicate_json_key_hides_its_first_value_from_text_and_json(client: GraphQLClient) -> None:
    create_task("t", status="SUCCESS", result=json.dumps({1: {"password": "hunter2"}, "1": 2}))
    [node] = client.data("{ taskResults { nodes { result { text json } } } }")["taskResults"]["nodes"]
    assert node["result"] == {"text": '{"1": 2}', "json": {"1": 2}}


@pytest.mark.parametrize("arguments", [["password", "hunter2"], [{"token": "hunter2"}], ["bad token: hunter2"]])
def test_error_message_redacts_the_exceptions_arguments(client: GraphQLClient, arguments: list[Any]) -> None:
    create_task(
        "t", status="FAILURE", result=json.dumps({"exc_type": "E", "exc_message": arguments, "exc_module": "m"})
    )
    [node] = client.data("{ taskResults { nodes { result { text } error { message } } } }")["taskResults"]["nodes"]
    assert "[redacted]" in node["error"]["message"]
    assert "hunter2" not in str(node)


@pytest.mark.parametrize("stored", ["\"('me', 'hunter2')\"", '["me", "hunter2"]', "\"('me', 'hunter2', [...\""])
def test_secret_among_positional_arguments_is_hidden(client: GraphQLClient, stored: str) -> None:
    create_task("known", task_name=login.name, task_args=stored)
    create_task("unknown", task_name="proj.login", task_args=stored)
    query = "{ taskResults { nodes { taskId args { text json isRedacted } } } }"
    args = {node["taskId"]: node["args"] for node in client.data(query)["taskResults"]["nodes"]}
    assert "hunter2" not in str(args["known"])
    assert "me" in args["known"]["text"]
    assert args["known"]["isRedacted"]
    assert "hunter2" in args["unknown"]["text"]  # as nobody knows its parameters
    query = "query ($filter: TaskResultFilter) { taskResults(filter: $filter) { nodes { taskId } } }"
    for where in ({"args": {"contains": "hunter2"}}, {"args": {"ne": "x"}}, {"search": "args:hunter2"}):
        assert client.data(query, {"filter": where})["taskResults"]["nodes"] == []
        assert len(client.data(query, {"filter": {"not": where}})["taskResults"]["nodes"]) == 2


def test_policy_with_its_own_redaction_turns_payload_filters_off(client: GraphQLClient, settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.RedactEverythingPolicy"}
    assert policy().redact("x") == ("", True)
    assert client.codes('{ taskResults(filter: {args: {contains: "x"}}) { nodes { id } } }') == ["BAD_USER_INPUT"]
