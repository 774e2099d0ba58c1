"""What is asked within an event loop is answered in the same way."""

import asyncio
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from django_celery_results.models import TaskResult
from django_celery_results.policy.viewer import Viewer
from graphql_api import global_ids
from graphql_api.engine import Context, GraphQLRequest
from tests.contract.conftest import Client
from tests.contract.test_access import READS
from tests.factories import create_group, create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def row(db: None) -> TaskResult:
    create_group("acme-g", ["acme-t"])
    return create_task("acme-t", status="FAILURE", task_name="proj.add")


def ask(client: Client, query: str, row: TaskResult, viewer: Viewer) -> Any:
    variables = {"id": global_ids.encode("TaskResult", row.pk)} if "$id" in query else None
    named = f"query ($id: ID!) {query}" if variables and not query.startswith("mutation") else query
    request = GraphQLRequest(query=named, variables=variables)

    async def asked() -> Any:
        assert asyncio.get_running_loop()
        return await client.engine.execute_async(request, Context(viewer=viewer))

    return async_to_sync(asked)(), client.execute(named, variables, viewer)


@pytest.mark.parametrize("name", sorted(READS))
@pytest.mark.parametrize("kind", ["superuser", "anonymous"])
def test_a_question_within_an_event_loop_has_the_same_answer(
    client: Client, row: TaskResult, request: pytest.FixtureRequest, name: str, kind: str
) -> None:
    inside, outside = ask(client, READS[name], row, request.getfixturevalue(kind))
    assert inside == outside
    assert bool(outside.errors) is (kind == "anonymous")


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query A { __typename } query B { __typename }"])
def test_a_refusal_within_an_event_loop_is_the_same(client: Client, row: TaskResult, query: str) -> None:
    inside, outside = ask(client, query, row, client.viewer)
    assert inside == outside
    assert outside.is_request_error


def test_an_order_within_an_event_loop_is_carried_out(client: Client, row: TaskResult) -> None:
    order = """mutation ($id: ID!) { deleteTaskResult(input: {task: {id: $id}, dryRun: true}) {
      taskId errors { ... on UserError { code } } } }"""
    inside, outside = ask(client, order, row, client.viewer)
    assert inside == outside
    assert outside.data == {"deleteTaskResult": {"taskId": "acme-t", "errors": []}}
