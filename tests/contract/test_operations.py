"""The record of orders for many tasks, and the share of each task in them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_celery_results.models import Operation
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from graphql_api import global_ids
from tests.contract.conftest import Client
from tests.factories import create_task, create_tasks

pytestmark = pytest.mark.django_db

QUERY = """query ($filter: OperationFilter) { operations(filter: $filter) { nodes {
  id action taskId partOf { action } bulk { matchedCount doneCount skippedCount remainingCount
    items(first: 2) { nodes { taskId state errorCode partOf { id } } pageInfo { hasNextPage } } } } } }"""


def bulk(*task_ids: str, actor: str = "0", state: str = "done", **progress: int) -> Operation:
    row = Operation.objects.create(
        action="bulk_retry", state=state, actor_id=actor, outcome=json.dumps({"until": 9, "after": 9, **progress})
    )
    for task_id in task_ids:
        refused = {"state": "refused", "error_code": "ALREADY_RETRIED"} if task_id == "no" else {"state": "done"}
        Operation.objects.create(action="retry", actor_id=actor, task_id=task_id, bulk=row, **refused)
    return row


def test_an_order_for_many_tells_what_became_of_each(client: Client) -> None:
    bulk("a", "no", "b", matched=5, done=2, skipped=1, state="claimed")
    [node] = client.data(QUERY, {"filter": {"isPart": False}})["operations"]["nodes"]
    items = node["bulk"].pop("items")
    assert node["bulk"] == {"matchedCount": 5, "doneCount": 2, "skippedCount": 1, "remainingCount": 2}
    assert (node["taskId"], node["partOf"]) == (None, None)
    assert items["nodes"] == [
        {"taskId": "b", "state": "DONE", "errorCode": None, "partOf": {"id": node["id"]}},
        {"taskId": "no", "state": "REFUSED", "errorCode": "ALREADY_RETRIED", "partOf": {"id": node["id"]}},
    ]
    assert items["pageInfo"] == {"hasNextPage": True}


def test_one_task_of_many_tells_which_order_it_belongs_to(client: Client) -> None:
    bulk("a", matched=1, done=1)
    [node] = client.data(QUERY, {"filter": {"isPart": True}})["operations"]["nodes"]
    assert (node["taskId"], node["partOf"], node["bulk"]) == ("a", {"action": "bulk_retry"}, None)


def test_items_page_by_cursors_of_their_own(client: Client) -> None:
    bulk("a", "b", "c", matched=3, done=3)
    bulk("d", matched=1, done=1)
    query = """query ($after: String) { operations(filter: {isPart: false}) { nodes { bulk {
      items(first: 2, after: $after) { nodes { taskId } pageInfo { endCursor } } } } } }"""
    one, three = (node["bulk"]["items"] for node in client.data(query)["operations"]["nodes"])
    assert [node["taskId"] for node in three["nodes"]] == ["c", "b"]
    assert client.codes(query, {"after": one["pageInfo"]["endCursor"]}) == ["BAD_CURSOR"]


def test_an_order_that_was_refused_counts_nothing(client: Client) -> None:
    Operation.objects.create(action="bulk_retry", state="refused", outcome='{"message": "no"}')
    [node] = client.data(QUERY)["operations"]["nodes"]
    assert (node["bulk"]["matchedCount"], node["bulk"]["remainingCount"]) == (0, 0)


def test_what_was_ordered_for_many_is_found_in_the_record(client: Client) -> None:
    rows = create_tasks(3)
    order = """mutation { bulkDeleteTaskResults(input: {select: {taskIds: ["t0", "t2"]}}) {
      doneCount operation { bulk { doneCount remainingCount items { nodes { taskId } } } } } }"""
    payload = client.data(order)["bulkDeleteTaskResults"]
    told = payload["operation"]["bulk"]
    assert (payload["doneCount"], told["doneCount"], told["remainingCount"]) == (2, 2, 0)
    assert sorted(node["taskId"] for node in told["items"]["nodes"]) == [rows[0].task_id, rows[2].task_id]


def test_the_record_stays_within_a_tenant(
    client: Client, viewer_with: Callable[..., Viewer], settings: Settings
) -> None:
    ann = viewer_with(Action.VIEW, Action.VIEW_OPERATION, name="ann")
    bulk("a", matched=1, actor="0")
    Operation.objects.update(bulk=None)
    foreign = Operation.objects.get(action="bulk_retry")
    own = bulk("b", matched=1, done=1, actor=str(ann.pk))
    Operation.objects.filter(task_id="a").update(bulk=own)
    Operation.objects.filter(task_id="b").update(bulk=foreign)
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_access.OwnTenant"}
    of_many, of_one = sorted(client.data(QUERY, viewer=ann)["operations"]["nodes"], key=lambda node: node["action"])
    assert of_many["bulk"]["items"]["nodes"] == []
    assert of_one["partOf"] is None


def test_items_cost_the_same_queries_for_any_number_of_orders(client: Client) -> None:
    def cost() -> int:
        client.data(QUERY)
        with CaptureQueriesContext(connection) as captured:
            client.data(QUERY)
        return len(captured)

    bulk("a", "b", matched=2)
    few = cost()
    for _ in range(8):
        bulk("a", "b", "c", matched=3)
    assert cost() == few


def test_only_who_may_see_the_record_sees_it_behind_an_order(
    client: Client, viewer_with: Callable[..., Viewer]
) -> None:
    create_task("t")
    order = """mutation { bulkDeleteTaskResults(input: {select: {taskIds: ["t"]}}) {
      operation { bulk { items { nodes { taskId } } } } } }"""
    response = client.execute(order, viewer=viewer_with(Action.VIEW, Action.DELETE))
    [error] = response.errors
    assert error["extensions"] == {"code": "FORBIDDEN", "permission": Action.VIEW_OPERATION.permission}
    payload: Any = response.data
    assert payload["bulkDeleteTaskResults"] == {"operation": {"bulk": None}}


def test_payloads_in_orders_of_others_need_the_permission_for_payloads(
    client: Client, viewer_with: Callable[..., Viewer]
) -> None:
    given = {"args": ["zebra"], "queue": "mail", "select": {"filter": {"or_": [{"kwargs": {"eq": "zebra"}}]}}}
    told = {**given, "select": {"filter": {"or": [{"kwargs": {"eq": "zebra"}}]}}}
    ann = viewer_with(Action.VIEW_OPERATION, name="ann")
    Operation.objects.create(action="retry", state="done", actor_id=ann.pk, input=json.dumps(given))

    def seen(viewer: Viewer) -> Any:
        [node] = client.data("{ operations { nodes { input } } }", viewer=viewer)["operations"]["nodes"]
        return node["input"]

    assert seen(ann) == seen(viewer_with(Action.VIEW_OPERATION, Action.VIEW_PAYLOAD, name="bob")) == told
    auditor = seen(viewer_with(Action.VIEW_OPERATION, name="carl"))
    assert auditor["queue"] == "mail"
    assert "zebra" not in str(auditor)


def test_the_record_tells_an_order_as_it_was_given(client: Client) -> None:
    key = global_ids.encode("TaskResult", create_task("t1", task_name="shop.tasks.mail").pk)
    given = {
        "filter": {
            "taskName": {"iStartsWith": "shop", "notIn": ["shop.tasks.none"]},
            "or": [{"id": {"in": [key]}}, {"not": {"dateDone": {"isNull": False}}}],
        }
    }
    for select in (given, {"ids": [key]}):
        order = "mutation ($s: TaskSelector!) { bulkRetryTasks(input: {select: $s}) { errors { __typename } } }"
        client.data(order, {"s": select})
        node = client.data('{ operations(filter: {action: {eq: "bulk_retry"}}, first: 1) { nodes { input } } }')
        [recorded] = node["operations"]["nodes"]
        assert recorded["input"]["select"] == select
        assert recorded["input"]["allowStates"]
        assert not [name for name in recorded["input"] if "_" in name or name == "fingerprint"]


def test_keys_of_arguments_are_told_as_they_are(client: Client) -> None:
    kwargs = {"user_id": 1, "in_": {"not_": 2}}
    given = {"kwargs": kwargs, "countdown": 5.0, "headers": {"my_header": 1}, "fingerprint": "f"}
    Operation.objects.create(action="retry", state="done", actor_id="1", input=json.dumps(given))
    [node] = client.data("{ operations { nodes { input } } }")["operations"]["nodes"]
    assert node["input"] == {"kwargs": kwargs, "countdownSeconds": 5.0, "headers": {"my_header": 1}}


def test_a_group_is_stopped_as_far_as_it_is_not_finished(client: Client) -> None:
    for name, columns in {"a": {"status": "STARTED"}, "b": {}, "c": {"status": "STARTED"}}.items():
        create_task(name, group_id="g" if name < "c" else "other", **columns)
    order = """mutation ($id: String!) { revokeGroup(input: {groupId: $id, options: {dryRun: true}}) {
      matchedCount items { taskId outcome } errors { ... on UserError { code } } } }"""
    told = client.data(order, {"id": "g"})["revokeGroup"]
    assert told == {"matchedCount": 1, "items": [{"taskId": "a", "outcome": "PENDING"}], "errors": []}
    [error] = client.data(order, {"id": "\0"})["revokeGroup"]["errors"]
    assert error == {"code": "INVALID_INPUT"}
