"""Who sees arguments, results and tracebacks, and that nobody learns them by filters."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from django_celery_results.policy.access import Action, Policy, policy
from django_celery_results.policy.viewer import Viewer
from tests.contract.conftest import Client
from tests.factories import create_task

pytestmark = pytest.mark.django_db

PAYLOAD = """{ taskResults { nodes {
  args { text } kwargs { text } result { text } meta error { type message traceback } } } }"""


def test_payload_and_traceback_need_their_permissions(client: Client, viewer_with: Callable[..., Viewer]) -> None:
    create_task("t", status="FAILURE", task_args='"[1]"', task_kwargs='"{}"', meta="{}", traceback="trace",
         result='{"exc_type": "E", "exc_message": ["m"], "exc_module": "b"}')  # fmt: skip
    hidden = {"args": None, "kwargs": None, "result": None, "meta": None}
    [node] = client.data(PAYLOAD, viewer=viewer_with(Action.VIEW, name="a"))["taskResults"]["nodes"]
    assert node == {**hidden, "error": {"type": "E", "message": None, "traceback": None}}
    [node] = client.data(PAYLOAD, viewer=viewer_with(Action.VIEW, Action.VIEW_TRACEBACK, name="b"))["taskResults"][
        "nodes"
    ]
    assert node == {**hidden, "error": {"type": "E", "message": "m", "traceback": "trace"}}
    [node] = client.data(PAYLOAD, viewer=viewer_with(Action.VIEW, Action.VIEW_PAYLOAD, name="c"))["taskResults"][
        "nodes"
    ]
    assert node["error"]["traceback"] is None
    assert (node["args"], node["meta"]) == ({"text": "[1]"}, {})


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
def test_a_filter_needs_the_permission_of_its_field(
    client: Client, viewer_with: Callable[..., Viewer], where: str, needs: Action
) -> None:
    create_task("t", task_args='"[42]"', task_kwargs='"{42}"', result="42", traceback="42")
    query = f"{{ taskResults(filter: {{not: {{{where}}}}}) {{ nodes {{ id }} }} }}"
    response = client.execute(query, viewer=viewer_with(Action.VIEW, name="a"))
    assert response.errors[0]["extensions"] == {"code": "FORBIDDEN", "permission": needs.permission}
    assert client.data(query, viewer=viewer_with(Action.VIEW, needs, name="b"))["taskResults"]["nodes"]


@pytest.mark.parametrize("field", ["resultJson", "metaJson"])
def test_filters_inside_of_json_need_the_permission_for_payloads(
    client: Client, viewer_with: Callable[..., Viewer], field: str
) -> None:
    query = f'{{ taskResults(filter: {{or: [{{{field}: {{path: ["a"], eq: "x"}}}}]}}) {{ nodes {{ id }} }} }}'
    response = client.execute(query, viewer=viewer_with(Action.VIEW, name="a"))
    needed = {"code": "FORBIDDEN", "permission": Action.VIEW_PAYLOAD.permission}
    assert response.errors[0]["extensions"] == needed


@pytest.mark.parametrize("key", ["password", "API_KEY", "x-api-key", "accessToken"])
def test_redacted_values_never_match(client: Client, key: str) -> None:
    create_task("t", result=f'{{"{key}": "hunter2", "open": "sesame"}}')
    query = "query ($filter: TaskResultFilter) { taskResults(filter: $filter) { nodes { taskId } } }"
    for guess in ("hunter2", "sesame", "hunter3"):
        for where in ({"result": {"contains": guess}}, {"search": f"result:{guess}"}):
            assert client.data(query, {"filter": where})["taskResults"]["nodes"] == []
            negated = client.data(query, {"filter": {"not": where}})
            assert negated["taskResults"]["nodes"] == [{"taskId": "t"}]


def test_a_secrets_name_in_other_letters_is_known_where_json_escapes_it(client: Client, settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"REDACT_KEYS": ("пароль",)}
    create_task("t", result=json.dumps({"Пароль": "hunter2"}))
    query = "query ($filter: TaskResultFilter) { taskResults(filter: $filter) { nodes { result { text } } } }"
    assert client.data(query, {"filter": {"result": {"contains": "hunter"}}})["taskResults"]["nodes"] == []
    [node] = client.data(query)["taskResults"]["nodes"]
    assert "hunter2" not in node["result"]["text"]


def test_a_key_that_is_there_twice_hides_nothing_behind_the_last(client: Client) -> None:
    create_task("t", status="SUCCESS", result=json.dumps({1: {"password": "hunter2"}, "1": 2}))
    [node] = client.data("{ taskResults { nodes { result { text json } } } }")["taskResults"]["nodes"]
    assert node["result"] == {"text": '{"1": 2}', "json": {"1": 2}}


@pytest.mark.parametrize("arguments", [["password", "hunter2"], [{"token": "hunter2"}], ["bad token: hunter2"]])
def test_an_error_s_message_hides_what_its_arguments_hide(client: Client, arguments: list[Any]) -> None:
    create_task(
        "t", status="FAILURE", result=json.dumps({"exc_type": "E", "exc_message": arguments, "exc_module": "m"})
    )
    [node] = client.data("{ taskResults { nodes { result { text } error { message } } } }")["taskResults"]["nodes"]
    assert "[redacted]" in node["error"]["message"]
    assert "hunter2" not in str(node)


def test_a_policy_that_redacts_by_itself_turns_payload_filters_off(client: Client, settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_payloads.Discreet"}
    assert policy().redact("x") == ("", True)
    assert client.codes('{ taskResults(filter: {args: {contains: "x"}}) { nodes { id } } }') == ["BAD_USER_INPUT"]


class Discreet(Policy):
    """Shows no value at all."""

    def redact(self, value: Any, *, task_name: str | None = None) -> tuple[Any, bool]:
        return "", True
