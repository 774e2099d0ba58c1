"""The dashboard's operations, each validated and answered over rows of every kind."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from graphql import FragmentDefinitionNode, OperationDefinitionNode, build_schema, parse, print_ast, validate, visit
from graphql.language import FragmentSpreadNode, Visitor

from tests.contract.conftest import Client
from tests.factories import at, create_group, create_task

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "examples" / "dashboard" / "operations").glob("*.graphql"))
DOCUMENT = parse("\n".join(source.read_text() for source in SOURCES))
FRAGMENTS = {node.name.value: node for node in DOCUMENT.definitions if isinstance(node, FragmentDefinitionNode)}
OPERATIONS = {
    node.name.value: node for node in DOCUMENT.definitions if isinstance(node, OperationDefinitionNode) and node.name
}

DRY = {"dryRun": True}
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
    "RetryTask": {"input": {"task": TASK, **DRY}},
    "RevokeTask": {"input": {"task": TASK, **DRY}},
    "DeleteTaskResult": {"input": {"task": TASK, **DRY}},
    "RetryTasks": {"input": {"select": FAILED, "options": DRY}},
    "RevokeTasks": {"input": {"select": {"taskIds": ["failed", "running"]}, "options": DRY}},
    "DeleteTaskResults": {"input": {"select": FAILED, "options": DRY}},
}


@pytest.fixture(autouse=True)
def rows(db: None) -> None:
    """A group whose chord waits, a failure with a family, and a task that runs and says how far it is."""
    create_task("root", task_name="shop.order", date_created=at(0), date_done=at(1))
    shared = {"root_id": "root", "parent_id": "root", "group_id": "g", "task_name": "shop.pay"}
    error = '{"exc_type": "ValueError", "exc_module": "builtins", "exc_message": ["no"]}'
    create_task(
        "failed", status="FAILURE", result=error, traceback="Traceback\nValueError: no", date_created=at(2), **shared
    )
    create_task("running", status="PROGRESS", result='{"current": 1, "total": 4}', date_created=at(3), **shared)
    create_task("child", parent_id="failed", root_id="root", date_created=at(4))
    create_group("g", ["failed", "running"])


def operation(name: str) -> str:
    """The operation and the fragments that it uses, as code generation would send them."""
    used: dict[str, str] = {}

    class Spreads(Visitor):
        def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
            fragment = FRAGMENTS[node.name.value]
            if node.name.value not in used:
                used[node.name.value] = print_ast(fragment)
                visit(fragment, self)

    visit(OPERATIONS[name], Spreads())
    return "\n".join([print_ast(OPERATIONS[name]), *used.values()])


def test_the_operations_are_valid() -> None:
    assert validate(build_schema((ROOT / "schema.graphql").read_text()), DOCUMENT) == []


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_is_answered(client: Client, name: str) -> None:
    variables = VARIABLES[name]
    if connection.vendor == "mysql" and "timeZone" in variables:
        variables = {**variables, "timeZone": "UTC"}  # others need time zone tables, which a server may lack
    data = client.data(operation(name), variables)
    assert data
    assert None not in data.values()


def test_a_page_of_tasks_is_followed_by_the_next(client: Client) -> None:
    first = client.data(operation("TaskList"), {"first": 3})["taskResults"]
    assert first["count"] == {"value": 4, "isExact": True}
    after = {"first": 3, "after": first["pageInfo"]["endCursor"]}
    rest = client.data(operation("TaskList"), after)["taskResults"]
    assert [edge["node"]["taskId"] for page in (first, rest) for edge in page["edges"]] == [
        "child",
        "running",
        "failed",
        "root",
    ]


def test_the_page_of_a_task_shows_its_family(client: Client) -> None:
    page = client.data(operation("TaskPage"), {"ref": TASK})["taskResult"]
    assert page["error"]["message"] == "no"
    assert page["parent"]["taskId"] == "root"
    assert page["group"]["size"] == 2
    children = client.data(operation("TaskChildren"), {"ref": TASK, "first": 1})["taskResult"]["children"]
    assert [edge["node"]["taskId"] for edge in children["edges"]] == ["child"]
    more = {"ref": TASK, "after": children["pageInfo"]["endCursor"]}
    assert client.data(operation("TaskChildren"), more)["taskResult"]["children"]["edges"] == []


def test_a_refused_order_says_why(client: Client) -> None:
    answer = client.data(operation("RetryTask"), {"input": {"task": {"taskId": "nope"}}})["retryTask"]
    assert [(error["__typename"], error["code"]) for error in answer["errors"]] == [("NotFoundError", "NOT_FOUND")]
    assert answer["newTask"] is None
