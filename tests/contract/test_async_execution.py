"""Execution within an event loop returns the same response as execution outside of one."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query import global_ids
from graphql_api.engine import Context, GraphQLRequest, GraphQLResponse
from tests.contract.documents import QUERIES, query
from tests.contract.graphql_client import GraphQLClient

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def execute_both(
    client: GraphQLClient, document: str, viewer: Viewer, variables: dict[str, Any] | None = None
) -> tuple[GraphQLResponse, GraphQLResponse]:
    """Return the responses of asynchronous and of synchronous execution."""
    request = GraphQLRequest(query=document, variables=variables)

    async def execute() -> GraphQLResponse:
        assert asyncio.get_running_loop()
        return await client.engine.execute_async(request, Context(viewer=viewer))

    return async_to_sync(execute)(), client.execute(document, variables, viewer)


@pytest.mark.parametrize("name", sorted(QUERIES))
@pytest.mark.parametrize("viewer", ["superuser", "anonymous"])
def test_async_query_returns_the_response_of_sync_execution(
    client: GraphQLClient, acme_task: TaskResult, request: pytest.FixtureRequest, name: str, viewer: str
) -> None:
    variables = {"id": global_ids.encode("TaskResult", acme_task.pk)} if "$id" in QUERIES[name] else None
    in_loop, outside = execute_both(client, query(name), request.getfixturevalue(viewer), variables)
    assert in_loop == outside
    assert bool(outside.errors) is (viewer == "anonymous")


@pytest.mark.parametrize("document", ["{", "{ nothing }", "query A { __typename } query B { __typename }"])
def test_async_request_error_equals_that_of_sync_execution(
    client: GraphQLClient, acme_task: TaskResult, document: str
) -> None:
    in_loop, outside = execute_both(client, document, client.viewer)
    assert in_loop == outside
    assert outside.is_request_error


def test_async_mutation_runs_its_action(client: GraphQLClient, acme_task: TaskResult) -> None:
    document = """mutation ($id: ID!) { deleteTaskResult(input: {task: {id: $id}, dryRun: %s}) {
      taskId errors { ... on UserError { code } } } }"""
    variables = {"id": global_ids.encode("TaskResult", acme_task.pk)}
    in_loop, outside = execute_both(client, document % "true", client.viewer, variables)
    assert in_loop == outside
    assert outside.data == {"deleteTaskResult": {"taskId": "acme-t", "errors": []}}
    in_loop, _ = execute_both(client, document % "false", client.viewer, variables)
    assert in_loop == outside
    assert not TaskResult.objects.exists()
