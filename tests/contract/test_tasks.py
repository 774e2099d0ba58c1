"""Tasks: lookup by id, pages and cursors, counts, lineage, and groups."""

import pytest
from pytest_django import Settings

from django_celery_results.query import global_ids
from tests.contract.documents import TASK_PAGE, task_ids
from tests.contract.graphql_client import GraphQLClient
from tests.factories import at, create_group, create_task, create_tasks

pytestmark = pytest.mark.django_db

ID_ABOVE_BIGINT = global_ids.encode("TaskResult", 2**64)


def test_task_is_found_by_its_global_id_and_by_its_task_id(client: GraphQLClient) -> None:
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
def test_unknown_task_id_is_null(client: GraphQLClient, task_id: str) -> None:
    create_task("abc")
    assert client.data("query ($id: String!) { taskResult(ref: {taskId: $id}) { id } }", {"id": task_id}) == {
        "taskResult": None
    }


@pytest.mark.parametrize("ref", ["{}", '{id: "x", taskId: "y"}', "{taskId: null}"])
def test_task_reference_must_hold_exactly_one_id(client: GraphQLClient, ref: str) -> None:
    assert client.codes(f"{{ taskResult(ref: {ref}) {{ id }} }}")[0] in ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize(
    "text",
    ["", "x", "VGFza1Jlc3VsdDo=", "VGFza1Jlc3VsdDoxeA==", "A" * 100_000, "é", "VXNlcjox", "\ud800", ID_ABOVE_BIGINT],
)
def test_malformed_global_id_is_bad_user_input(client: GraphQLClient, text: str) -> None:
    assert client.codes("query ($id: ID!) { node(id: $id) { id } }", {"id": text}) == ["BAD_USER_INPUT"]


def test_nodes_are_returned_in_the_order_of_their_ids(client: GraphQLClient) -> None:
    first, second = create_tasks(2)
    group = create_group("g", ["t0"])
    keys = [("TaskResult", second.pk), ("GroupResult", group.pk), ("TaskResult", 2**40), ("TaskResult", first.pk)]
    encoded = [global_ids.encode(*key) for key in keys]
    nodes = client.data("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": encoded})["nodes"]
    assert [node and node["__typename"] for node in nodes] == ["TaskResult", "GroupResult", None, "TaskResult"]
    assert [node and node["id"] for node in nodes] == [encoded[0], encoded[1], None, encoded[3]]


def test_cursors_lead_to_the_next_and_the_previous_page(client: GraphQLClient) -> None:
    create_tasks(5)
    first = client.data(TASK_PAGE, {"first": 2})
    assert task_ids(first) == ["t4", "t3"]
    info = first["taskResults"]["pageInfo"]
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (True, False)
    second = client.data(TASK_PAGE, {"first": 2, "after": info["endCursor"]})
    assert task_ids(second) == ["t2", "t1"]
    back = client.data(TASK_PAGE, {"last": 2, "before": second["taskResults"]["pageInfo"]["startCursor"]})
    assert task_ids(back) == ["t4", "t3"]


def test_cursor_is_refused_with_another_filter_or_ordering(client: GraphQLClient) -> None:
    create_tasks(3)
    cursor = client.data(TASK_PAGE, {"first": 1})["taskResults"]["pageInfo"]["endCursor"]
    assert client.codes(TASK_PAGE, {"after": cursor, "filter": {"isReady": True}}) == ["BAD_CURSOR"]
    assert client.codes(TASK_PAGE, {"after": cursor, "orderBy": {"field": "DATE_DONE"}}) == ["BAD_CURSOR"]
    assert client.codes(TASK_PAGE, {"before": "x" * 100_000}) == ["BAD_CURSOR"]
    assert task_ids(client.data(TASK_PAGE, {"after": cursor, "filter": None})) == ["t1", "t0"]


def test_custom_state_is_returned_as_custom_with_its_progress(client: GraphQLClient) -> None:
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


def test_count_stops_at_max(client: GraphQLClient) -> None:
    create_tasks(4)
    query = "{ taskResults(first: 1) { totalCount few: count(max: 3) { value isExact } all: count { value isExact } } }"
    assert client.data(query)["taskResults"] == {
        "totalCount": 4,
        "few": {"value": 3, "isExact": False},
        "all": {"value": 4, "isExact": True},
    }
    assert client.codes("{ taskResults { count(max: 0) { value } } }") == ["BAD_USER_INPUT"]


def test_full_page_with_its_total_count_is_within_the_cost_limit(client: GraphQLClient) -> None:
    create_tasks(1)
    query = "{ taskResults(first: 100) { totalCount nodes { children { nodes { id } } } } }"
    assert client.data(query)["taskResults"]["totalCount"] == 1


def test_lineage_is_returned_in_both_directions(client: GraphQLClient) -> None:
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


def test_workflow_returns_all_tasks_of_the_same_root(client: GraphQLClient) -> None:
    for number, (name, parent) in enumerate([("root", None), ("a", "root"), ("b", "a"), ("c", "a")]):
        create_task(name, root_id="root", parent_id=parent, date_created=at(number))
    create_task("other", root_id="ROOT")  # MariaDB compares ids without case
    query = """query ($limit: Int! = 500) { taskResult(ref: {taskId: "b"}) { workflow(limit: $limit) {
      rootTaskId isTruncated tasks { taskId parentTaskId } stateCounts { state count } } } }"""
    workflow = client.data(query)["taskResult"]["workflow"]
    assert [task["taskId"] for task in workflow["tasks"]] == ["root", "a", "b", "c"]
    assert (workflow["rootTaskId"], workflow["isTruncated"]) == ("root", False)
    assert workflow["stateCounts"] == [{"state": "SUCCESS", "count": 4}]
    truncated = client.data(query, {"limit": 3})["taskResult"]["workflow"]
    assert (len(truncated["tasks"]), truncated["isTruncated"]) == (3, True)
    assert client.codes(query, {"limit": 1001}) == ["BAD_USER_INPUT"]


LINEAGE = """{ taskResults { nodes { parent { taskId } root { taskId } retriedFrom { taskId } group { size }
  children(first: 2) { nodes { taskId } } retriedAs { nodes { taskId } } error { message } result { text } } } }"""


@pytest.mark.parametrize(
    "query", ["{ taskResults { nodes { id taskId state } pageInfo { endCursor hasNextPage } } }", LINEAGE]
)
def test_page_takes_the_same_number_of_queries_for_any_number_of_rows(client: GraphQLClient, query: str) -> None:
    for name in ("root", "parent", "source"):
        create_task(name)
    create_group("g", ["root"])
    create_task("first", parent_id="parent", root_id="root", retried_from="source", group_id="g")
    few = len(client.sql(query))
    for number in range(20):
        create_task(
            f"c{number}", parent_id=f"c{number - 1}", root_id="root", retried_from=f"c{number - 2}", group_id="g"
        )
    assert len(client.sql(query)) == few


def test_group_returns_members_that_lack_its_group_id(client: GraphQLClient) -> None:
    for number in range(6):
        create_task(f"t{number}", group_id="g", date_created=at(number))
    create_group("g", [f"t{number}" for number in range(6)])
    create_task("alone", date_created=at(2.5))
    create_group("mixed", ["t1", "alone", "t5", "not yet"])
    query = "{ groupResults { nodes { groupId tasks { nodes { taskId } } } } }"
    groups = {group["groupId"]: group["tasks"]["nodes"] for group in client.data(query)["groupResults"]["nodes"]}
    assert [task["taskId"] for task in groups["mixed"]] == ["t5", "alone", "t1"]
    assert [task["taskId"] for task in groups["g"]] == ["t5", "t4", "t3", "t2", "t1", "t0"]


def test_naive_times_are_returned_in_utc_and_paged_by_cursors(client: GraphQLClient, settings: Settings) -> None:
    settings.USE_TZ = False
    settings.TIME_ZONE = "UTC"
    create_task("older")
    create_task("newer")
    query = """query ($after: String) { taskResults(
      first: 1, after: $after, filter: {dateCreated: {gt: "2020-01-01T00:00:00Z", withinLast: "P1D"}}
    ) { nodes { taskId dateCreated } pageInfo { endCursor } } }"""
    first = client.data(query)["taskResults"]
    assert first["nodes"][0]["taskId"] == "newer"
    assert first["nodes"][0]["dateCreated"].endswith("Z")
    second = client.data(query, {"after": first["pageInfo"]["endCursor"]})["taskResults"]
    assert second["nodes"][0]["taskId"] == "older"
