"""Tasks, pages of tasks, and what belongs to them."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from graphql_api import global_ids
from tests.contract.conftest import Client
from tests.factories import at, create_group, create_task, create_tasks

pytestmark = pytest.mark.django_db

PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String, $filter: TaskResultFilter, $orderBy: TaskResultOrder) {
  taskResults(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { taskId } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


TOO_LARGE = global_ids.encode("TaskResult", 2**64)


def ids(data: Any) -> list[str]:
    return [edge["node"]["taskId"] for edge in data["taskResults"]["edges"]]


def test_a_task_is_found_by_either_id(client: Client) -> None:
    row = create_task(
        "abc", task_name="proj.add", worker="w@host", date_started=at(1), date_created=at(0), date_done=at(3)
    )
    query = """query ($ref: TaskRef!) { taskResult(ref: $ref) {
      id taskId state status isReady taskName worker queuedSeconds runtimeSeconds dateCreated dateDone } }"""
    expected = {
        "id": global_ids.encode("TaskResult", row.pk),
        "taskId": "abc",
        "state": "SUCCESS",
        "status": "SUCCESS",
        "isReady": True,
        "taskName": "proj.add",
        "worker": "w@host",
        "queuedSeconds": 1.0,
        "runtimeSeconds": 2.0,
        "dateCreated": "2026-01-01T00:00:00Z",
        "dateDone": "2026-01-01T00:00:03Z",
    }
    for ref in ({"taskId": "abc"}, {"id": expected["id"]}):
        assert client.data(query, {"ref": ref}) == {"taskResult": expected}


@pytest.mark.parametrize("task_id", ["nope", "ABC", "abc ", "a\0c", "\ud800", ""])
def test_an_unknown_task_is_null(client: Client, task_id: str) -> None:
    create_task("abc")
    assert client.data("query ($id: String!) { taskResult(ref: {taskId: $id}) { id } }", {"id": task_id}) == {
        "taskResult": None
    }


@pytest.mark.parametrize("ref", ["{}", '{id: "x", taskId: "y"}', "{taskId: null}"])
def test_a_reference_is_exactly_one_id(client: Client, ref: str) -> None:
    assert client.codes(f"{{ taskResult(ref: {ref}) {{ id }} }}")[0] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(
    "text", ["", "x", "VGFza1Jlc3VsdDo=", "VGFza1Jlc3VsdDoxeA==", "A" * 100_000, "é", "VXNlcjox", "\ud800", TOO_LARGE]
)
def test_a_wrong_global_id_is_refused(client: Client, text: str) -> None:
    assert client.codes("query ($id: ID!) { node(id: $id) { id } }", {"id": text}) == ["BAD_USER_INPUT"]


def test_nodes_come_in_the_order_of_their_ids(client: Client) -> None:
    first, second = create_tasks(2)
    saved = create_group("g", ["t0"])
    wanted = [("TaskResult", second.pk), ("GroupResult", saved.pk), ("TaskResult", 2**40), ("TaskResult", first.pk)]
    encoded = [global_ids.encode(*one) for one in wanted]
    found = client.data("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": encoded})["nodes"]
    assert [node and node["__typename"] for node in found] == ["TaskResult", "GroupResult", None, "TaskResult"]
    assert [node and node["id"] for node in found] == [encoded[0], encoded[1], None, encoded[3]]


def test_pages_lead_from_one_to_the_next(client: Client) -> None:
    create_tasks(5)
    first = client.data(PAGE, {"first": 2})
    assert ids(first) == ["t4", "t3"]
    info = first["taskResults"]["pageInfo"]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)
    second = client.data(PAGE, {"first": 2, "after": info["endCursor"]})
    assert ids(second) == ["t2", "t1"]
    back = client.data(PAGE, {"last": 2, "before": second["taskResults"]["pageInfo"]["startCursor"]})
    assert ids(back) == ["t4", "t3"]


def test_a_cursor_belongs_to_its_filter_and_order(client: Client) -> None:
    create_tasks(3)
    cursor = client.data(PAGE, {"first": 1})["taskResults"]["pageInfo"]["endCursor"]
    assert client.codes(PAGE, {"after": cursor, "filter": {"isReady": True}}) == ["BAD_CURSOR"]
    assert client.codes(PAGE, {"after": cursor, "orderBy": {"field": "DATE_DONE"}}) == ["BAD_CURSOR"]
    assert client.codes(PAGE, {"before": "x" * 100_000}) == ["BAD_CURSOR"]
    assert ids(client.data(PAGE, {"after": cursor, "filter": None})) == ["t1", "t0"]


def test_custom_states_never_break_a_page(client: Client) -> None:
    create_task("t", status="PROGRESS", result='{"current": 3, "total": 4, "message": "half"}')
    query = "{ taskResults { nodes { state status isReady dateDone progress { current total percent message } } } }"
    assert client.data(query)["taskResults"]["nodes"] == [
        {
            "state": "CUSTOM",
            "status": "PROGRESS",
            "isReady": False,
            "dateDone": None,
            "progress": {"current": 3.0, "total": 4.0, "percent": 75.0, "message": "half"},
        }
    ]


def test_counts_stop_where_they_are_told_to(client: Client) -> None:
    create_tasks(4)
    query = "{ taskResults(first: 1) { totalCount few: count(max: 3) { value isExact } all: count { value isExact } } }"
    assert client.data(query)["taskResults"] == {
        "totalCount": 4,
        "few": {"value": 3, "isExact": False},
        "all": {"value": 4, "isExact": True},
    }
    assert client.codes("{ taskResults { count(max: 0) { value } } }") == ["BAD_USER_INPUT"]


def test_a_whole_page_with_its_count_is_affordable(client: Client) -> None:
    create_tasks(1)
    query = "{ taskResults(first: 100) { totalCount nodes { children { nodes { id } } } } }"
    assert client.data(query)["taskResults"]["totalCount"] == 1


def test_lineage_goes_both_ways(client: Client) -> None:
    create_task("root", root_id="root")
    for name in ("a", "b"):
        create_task(name, root_id="root", parent_id="root")
    create_task("again", retried_from="a", root_id="again")
    create_task("lost", parent_id="deleted", root_id="deleted")
    query = """{ taskResults(orderBy: {field: DATE_CREATED, direction: ASC}) { nodes {
      taskId parent { taskId } root { taskId } retriedFrom { taskId }
      children { nodes { taskId } } retriedAs(first: 1) { nodes { taskId } pageInfo { hasNextPage } } } } }"""
    nodes = {node["taskId"]: node for node in client.data(query)["taskResults"]["nodes"]}
    assert [node["taskId"] for node in nodes["root"]["children"]["nodes"]] == ["b", "a"]
    assert nodes["a"]["parent"] == nodes["a"]["root"] == {"taskId": "root"}
    assert nodes["root"]["root"] == {"taskId": "root"}
    assert nodes["a"]["retriedAs"]["nodes"] == [{"taskId": "again"}]
    assert nodes["again"]["retriedFrom"] == {"taskId": "a"}
    assert (nodes["lost"]["parent"], nodes["lost"]["root"]) == (None, None)


def test_a_workflow_is_everything_with_the_same_root(client: Client) -> None:
    for number, (name, parent) in enumerate([("root", None), ("a", "root"), ("b", "a"), ("c", "a")]):
        create_task(name, root_id="root", parent_id=parent, date_created=at(number))
    create_task("other", root_id="ROOT")  # MariaDB compares ids without case
    query = """query ($limit: Int! = 500) { taskResult(ref: {taskId: "b"}) { workflow(limit: $limit) {
      rootTaskId isTruncated tasks { taskId parentTaskId } stateCounts { state count } } } }"""
    found = client.data(query)["taskResult"]["workflow"]
    assert [entry["taskId"] for entry in found["tasks"]] == ["root", "a", "b", "c"]
    assert (found["rootTaskId"], found["isTruncated"]) == ("root", False)
    assert found["stateCounts"] == [{"state": "SUCCESS", "count": 4}]
    cut = client.data(query, {"limit": 3})["taskResult"]["workflow"]
    assert (len(cut["tasks"]), cut["isTruncated"]) == (3, True)
    assert client.codes(query, {"limit": 1001}) == ["BAD_USER_INPUT"]


LINEAGE = """{ taskResults { nodes { parent { taskId } root { taskId } retriedFrom { taskId } group { size }
  children(first: 2) { nodes { taskId } } retriedAs { nodes { taskId } } error { message } result { text } } } }"""


@pytest.mark.parametrize(
    "query", ["{ taskResults { nodes { id taskId state } pageInfo { endCursor hasNextPage } } }", LINEAGE]
)
def test_a_page_costs_the_same_queries_for_any_number_of_rows(client: Client, query: str) -> None:
    def cost() -> int:
        client.data(query)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.data(query)
        return len(captured)

    for name in ("root", "parent", "source"):
        create_task(name)
    create_group("g", ["root"])
    create_task("first", parent_id="parent", root_id="root", retried_from="source", group_id="g")
    few = cost()
    for number in range(20):
        create_task(
            f"c{number}", parent_id=f"c{number - 1}", root_id="root", retried_from=f"c{number - 2}", group_id="g"
        )
    assert cost() == few
