"""The dashboard's GraphQL documents: each is valid, and runs without errors over rows of every kind."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse, print_ast, validate, visit
from graphql.language import FragmentSpreadNode, Visitor

from tests.contract.graphql_client import GraphQLClient
from tests.factories import at, create_group, create_task

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "examples" / "dashboard" / "operations").glob("*.graphql"))
DOCUMENT = parse("\n".join(source.read_text() for source in SOURCES))
FRAGMENTS = {node.name.value: node for node in DOCUMENT.definitions if isinstance(node, FragmentDefinitionNode)}
OPERATIONS = {
    node.name.value: node for node in DOCUMENT.definitions if isinstance(node, OperationDefinitionNode) and node.name
}

DRY_RUN = {"dryRun": True}
FAILED = {"filter": {"state": {"eq": "FAILURE"}}}
TASK = {"taskId": "failed"}
VARIABLES: dict[str, dict[str, Any]] = {
    "TaskList": {"first": 2, "filter": {"isReady": True}, "orderBy": {"field": "DATE_DONE", "direction": "ASC"}},
    "FilterValues": {"field": "TASK_NAME"},
    "TaskPage": {"ref": TASK},
    "TaskWorkflow": {"ref": TASK},
    "TaskChildren": {"ref": TASK, "first": 10},
    "TasksAgain": {"ids": ["VGFza1Jlc3VsdDox"]},
    "GroupList": {"first": 10},
    "GroupPage": {"groupId": "g", "first": 10},
    "Stats": {"filter": {"dateCreated": {"gte": "2026-01-01T00:00:00Z"}}},
    "StatsBreakdown": {"by": ["TASK_NAME", "STATUS"]},
    "StatsOverTime": {"unit": "HOUR", "step": 6, "timeZone": "Europe/Berlin"},
    "OperationList": {"first": 10},
    "Viewer": {},
    "RetryTask": {"input": {"task": TASK, **DRY_RUN}},
    "RevokeTask": {"input": {"task": TASK, **DRY_RUN}},
    "DeleteTaskResult": {"input": {"task": TASK, **DRY_RUN}},
    "RetryTasks": {"input": {"select": FAILED, "options": DRY_RUN}},
    "RevokeTasks": {"input": {"select": {"taskIds": ["failed", "running"]}, "options": DRY_RUN}},
    "DeleteTaskResults": {"input": {"select": FAILED, "options": DRY_RUN}},
}


@pytest.fixture(autouse=True)
def rows(db: None) -> None:
    """A group of a failed task, which has a parent and a child, and of a running task with progress."""
    create_task("root", task_name="shop.order", date_created=at(0), date_done=at(1))
    shared = {"root_id": "root", "parent_id": "root", "group_id": "g", "task_name": "shop.pay"}
    error = '{"exc_type": "ValueError", "exc_module": "builtins", "exc_message": ["no"]}'
    create_task(
        "failed", status="FAILURE", result=error, traceback="Traceback\nValueError: no", date_created=at(2), **shared
    )
    create_task("running", status="PROGRESS", result='{"current": 1, "total": 4}', date_created=at(3), **shared)
    create_task("child", parent_id="failed", root_id="root", date_created=at(4))
    create_group("g", ["failed", "running"])


def document_of(name: str) -> str:
    """Return the GraphQL operation of this name with the fragments that it uses, as generated code would send it."""
    used: dict[str, str] = {}

    class Spreads(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
            fragment = FRAGMENTS[node.name.value]
            if node.name.value not in used:
                used[node.name.value] = print_ast(fragment)
                visit(fragment, self)

    visit(OPERATIONS[name], Spreads())
    return "\n".join([print_ast(OPERATIONS[name]), *used.values()])


def test_documents_are_valid_for_the_committed_schema() -> None:
    assert validate(build_schema((ROOT / "schema.graphql").read_text()), DOCUMENT) == []


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_document_runs_without_errors(client: GraphQLClient, name: str) -> None:
    variables = VARIABLES[name]
    if connection.vendor == "mysql" and "timeZone" in variables:
        variables = {**variables, "timeZone": "UTC"}  # others need time zone tables, which a server may lack
    data = client.data(document_of(name), variables)
    assert data
    assert None not in data.values()


def test_task_list_continues_on_the_next_page(client: GraphQLClient) -> None:
    first = client.data(document_of("TaskList"), {"first": 3})["taskResults"]
    assert first["count"] == {"value": 4, "isExact": True}
    after = {"first": 3, "after": first["pageInfo"]["endCursor"]}
    rest = client.data(document_of("TaskList"), after)["taskResults"]
    assert [edge["node"]["taskId"] for page in (first, rest) for edge in page["edges"]] == [
        "child",
        "running",
        "failed",
        "root",
    ]


def test_task_page_shows_parent_group_and_children(client: GraphQLClient) -> None:
    task = client.data(document_of("TaskPage"), {"ref": TASK})["taskResult"]
    assert task["error"]["message"] == "no"
    assert task["parent"]["taskId"] == "root"
    assert task["group"]["size"] == 2
    children = client.data(document_of("TaskChildren"), {"ref": TASK, "first": 1})["taskResult"]["children"]
    assert [edge["node"]["taskId"] for edge in children["edges"]] == ["child"]
    next_page = {"ref": TASK, "after": children["pageInfo"]["endCursor"]}
    assert client.data(document_of("TaskChildren"), next_page)["taskResult"]["children"]["edges"] == []


def test_retry_of_an_unknown_task_returns_a_not_found_error(client: GraphQLClient) -> None:
    payload = client.data(document_of("RetryTask"), {"input": {"task": {"taskId": "nope"}}})["retryTask"]
    assert [(error["__typename"], error["code"]) for error in payload["errors"]] == [("NotFoundError", "NOT_FOUND")]
    assert payload["newTask"] is None
