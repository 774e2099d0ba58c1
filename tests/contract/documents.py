"""GraphQL documents that several test modules run: one for each root field, and a page of tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())

QUERIES: dict[str, str] = {
    "node": "{ node(id: $id) { id } }",
    "nodes": "{ nodes(ids: [$id]) { id } }",
    "taskResult": "{ taskResult(ref: {id: $id}) { id } }",
    "taskResults": "{ taskResults { nodes { id } } }",
    "taskResultStats": "{ taskResultStats { total { count } } }",
    "suggest": "{ suggest(field: TASK_NAME) }",
    "groupResult": '{ groupResult(groupId: "acme-g") { id } }',
    "groupResults": "{ groupResults { nodes { id } } }",
    "registeredTasks": "{ registeredTasks { name } }",
    "viewer": "{ viewer { username } }",
    "service": "{ service { version } }",
    "operations": "{ operations { nodes { id } } }",
}
"""A query of each root field. `$id` is the global id of a task."""

MUTATION_INPUTS: dict[str, str] = {
    "deleteTaskResult": "task: {id: $id}",
    "retryTask": "task: {id: $id}",
    "revokeTask": "task: {id: $id}",
    "bulkDeleteTaskResults": "select: {ids: [$id]}",
    "bulkRetryTasks": "select: {ids: [$id]}",
    "bulkRevokeTasks": "select: {ids: [$id]}",
    "revokeGroup": 'groupId: "acme-g"',
}
"""The smallest input of each mutation. `$id` is the global id of a task."""

TASK_PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String, $filter: TaskResultFilter, $orderBy: TaskResultOrder) {
  taskResults(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { taskId } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


def query(name: str) -> str:
    """Return the query of a root field, with its variable declared where it has one."""
    return f"query ($id: ID!) {QUERIES[name]}" if "$id" in QUERIES[name] else QUERIES[name]


def mutation(name: str, error_fields: str = "code", more_input: str = "") -> str:
    """Return a mutation that selects its errors."""
    declared = "($id: ID!) " if "$id" in MUTATION_INPUTS[name] else ""
    payload = f"{{ errors {{ ... on UserError {{ {error_fields} }} }} }}"
    return f"mutation {declared}{{ {name}(input: {{{MUTATION_INPUTS[name]}{more_input}}}) {payload} }}"


def task_ids(data: Any) -> list[str]:
    """Return the task ids of a `TASK_PAGE`, in its order."""
    return [edge["node"]["taskId"] for edge in data["taskResults"]["edges"]]


def fields_of(type_name: str) -> dict[str, Any]:
    """Return the fields of an object or input type of the committed schema."""
    kind = SCHEMA.get_type(type_name)
    assert isinstance(kind, GraphQLObjectType | GraphQLInputObjectType)
    return dict(kind.fields)
