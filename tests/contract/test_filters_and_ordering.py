"""Filters, page sizes and ordering of task lists: what they select, and which values are refused."""

from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from django_celery_results.query import global_ids
from tests.contract.documents import TASK_PAGE, task_ids
from tests.contract.graphql_client import GraphQLClient
from tests.factories import at, create_group, create_task, create_tasks

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": 101}, "PAGE_TOO_LARGE"),
        ({"last": 101}, "PAGE_TOO_LARGE"),
        ({"first": -1}, "BAD_USER_INPUT"),
        ({"first": 1, "last": 1}, "BAD_USER_INPUT"),
        ({"filter": {"taskName": None}}, "BAD_USER_INPUT"),
        ({"filter": {"taskName": {"eq": None}}}, "BAD_USER_INPUT"),
        ({"filter": {"or": []}}, "BAD_USER_INPUT"),
        ({"filter": {"taskName": {"regex": "(a+)+$"}}}, "BAD_USER_INPUT"),
        ({"filter": {"taskName": {"eq": "\0"}}}, "BAD_USER_INPUT"),
        ({"filter": {"taskName": {"eq": "\ud800"}}}, "BAD_USER_INPUT"),
        ({"filter": {"taskName": {"contains": "x" * 5000}}}, "BAD_USER_INPUT"),
        ({"filter": {"taskId": {"in": ["x"] * 1001}}}, "BAD_USER_INPUT"),
        ({"filter": {"dateDone": {"gt": "0001-01-01T00:00:00Z"}}}, "BAD_USER_INPUT"),
        ({"filter": {"dateDone": {"gt": "2026-01-01T00:00:00"}}}, "BAD_USER_INPUT"),
        ({"filter": {"dateDone": {"withinLast": "P1Y"}}}, "BAD_USER_INPUT"),
        ({"filter": {"dateDone": {"withinLast": "P999999999D"}}}, "BAD_USER_INPUT"),
        ({"filter": {"runtimeSeconds": {"gt": 1e300}}}, "BAD_USER_INPUT"),
        ({"filter": {"and": [{"isReady": True}] * 101}}, "BAD_USER_INPUT"),
        ({"filter": {"id": {"eq": "x"}}}, "BAD_USER_INPUT"),
        ({"filter": {"id": {"eq": "VGFza1Jlc3VsdDowMQ=="}}}, "BAD_USER_INPUT"),  # TaskResult:01
        ({"filter": {"id": {"in": [global_ids.encode("GroupResult", 1)]}}}, "BAD_USER_INPUT"),
        ({"filter": {"id": {"eq": None}}}, "BAD_USER_INPUT"),
        ({"filter": {"resultJson": {"path": ["a"]}}}, "BAD_USER_INPUT"),
        ({"filter": {"resultJson": {"path": ['a"b'], "eq": 1}}}, "BAD_USER_INPUT"),
        ({"filter": {"resultJson": {"path": ["a"], "eq": {"b": 1}}}}, "BAD_USER_INPUT"),
        ({"filter": {"resultJson": {"path": ["a"], "eq": None}}}, "BAD_USER_INPUT"),
        ({"filter": {"metaJson": {"path": ["a"] * 11, "eq": 1}}}, "BAD_USER_INPUT"),
        ({"filter": {"search": ""}}, "BAD_USER_INPUT"),
        ({"filter": {"search": "x" * 501}}, "BAD_USER_INPUT"),
    ],
)
def test_invalid_page_or_filter_argument_is_refused(
    client: GraphQLClient, arguments: dict[str, Any], code: str
) -> None:
    response = client.execute(TASK_PAGE, arguments)
    assert [error["extensions"]["code"] for error in response.errors] == [code]
    assert not response.data


def test_slow_ordering_needs_its_setting_and_pages_by_its_own_cursors(
    client: GraphQLClient, settings: Settings
) -> None:
    for name, started, done in (("slow", 1, 9), ("fast", 2, 3), ("late", 3, 5)):
        create_task(name, date_started=at(started), date_done=at(done))
    create_task("waiting", status="PENDING")
    create_task("running", status="STARTED", date_started=at(4))
    expected_ids = {
        "RUNTIME": ["slow", "late", "fast"],
        "DATE_STARTED": ["running", "late", "fast", "slow"],
    }
    for field, expected in expected_ids.items():
        settings.DJANGO_CELERY_RESULTS = {}
        assert client.codes(TASK_PAGE, {"orderBy": {"field": field}}) == ["BAD_USER_INPUT"]
        settings.DJANGO_CELERY_RESULTS = {"ALLOW_SLOW_ORDERS": True}
        first = client.data(TASK_PAGE, {"first": 2, "orderBy": {"field": field}})
        after = first["taskResults"]["pageInfo"]["endCursor"]
        rest = client.data(TASK_PAGE, {"after": after, "orderBy": {"field": field}})
        assert task_ids(first) + task_ids(rest) == expected
        other = {"field": "RUNTIME" if field == "DATE_STARTED" else "DATE_DONE"}
        assert client.codes(TASK_PAGE, {"after": after, "orderBy": other}) == ["BAD_CURSOR"]


def test_tasks_of_a_group_can_be_ordered_by_runtime(client: GraphQLClient, settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"ALLOW_SLOW_ORDERS": True}
    for name, done in (("a", 9), ("b", 3)):
        create_task(name, date_started=at(1), date_done=at(done))
    create_task("c", status="STARTED")
    create_group("g", ["a", "b", "c"])
    query = """{ groupResults { nodes { tasks(orderBy: {field: RUNTIME, direction: ASC}) { nodes { taskId } } } } }"""
    [node] = client.data(query)["groupResults"]["nodes"]
    assert [task["taskId"] for task in node["tasks"]["nodes"]] == ["b", "a"]


def test_id_filter_takes_global_ids(client: GraphQLClient) -> None:
    first, second, _ = create_tasks(3)
    wanted = [global_ids.encode("TaskResult", row.pk) for row in (first, second)]
    assert task_ids(client.data(TASK_PAGE, {"filter": {"id": {"in": wanted}}})) == ["t1", "t0"]
    assert task_ids(client.data(TASK_PAGE, {"filter": {"id": {"notIn": wanted}}})) == ["t2"]


def test_result_json_filter_compares_the_value_at_a_path(client: GraphQLClient) -> None:
    if connection.vendor == "postgresql" and connection.pg_version < 160_000:
        pytest.skip("PostgreSQL before 16 refuses")
    create_task("t", result='{"a": [{"b": "x"}]}')
    create_task("u", result='{"a": [{"b": 2.5}]}')
    literal = '{ taskResults(filter: {resultJson: {path: ["a", "0", "b"], in: ["x", true]}}) { nodes { taskId } } }'
    assert client.data(literal)["taskResults"]["nodes"] == [{"taskId": "t"}]
    between = client.data(TASK_PAGE, {"filter": {"resultJson": {"path": ["a", "0", "b"], "gt": 2, "lt": 3}}})
    assert task_ids(between) == ["u"]


def test_filter_nested_too_deep_is_refused(client: GraphQLClient) -> None:
    deep: dict[str, Any] = {"isReady": True}
    for _ in range(10):
        deep = {"not": deep}
    assert client.codes(TASK_PAGE, {"filter": deep}) == ["BAD_USER_INPUT"]
    assert client.codes(TASK_PAGE, {"filter": deep["not"]}) == []


# PostgreSQL would refuse everything after the failed statement in a test's transaction.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("operator", ["regex", "iRegex"])
def test_invalid_regular_expression_is_bad_user_input(client: GraphQLClient, settings: Settings, operator: str) -> None:
    settings.DJANGO_CELERY_RESULTS = {"ALLOW_REGEX": True}
    create_task("t", task_name="proj.add")
    assert task_ids(client.data(TASK_PAGE, {"filter": {"taskName": {operator: "^proj[.]a"}}})) == ["t"]
    assert set(client.codes(TASK_PAGE, {"filter": {"taskName": {operator: "(("}}})) == {"BAD_USER_INPUT"}
