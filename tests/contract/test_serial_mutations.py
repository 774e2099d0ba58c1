"""Several mutations of one request run one after the other, and each sees what those before it changed."""

import pytest

from tests.contract.graphql_client import GraphQLClient
from tests.factories import create_failed_task, create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_mutation_reads_what_an_earlier_mutation_of_the_request_changed(client: GraphQLClient) -> None:
    create_failed_task("parent")
    create_task("child", parent_id="parent")
    preview = """retryTask(input: {task: {taskId: "parent"}, dryRun: true}) {
      original { children { nodes { taskId } } } }"""
    data = client.data(
        f"""mutation {{
          before: {preview}
          deleteTaskResult(input: {{task: {{taskId: "child"}}}}) {{ errors {{ __typename }} }}
          after: {preview} }}"""
    )
    assert data["before"]["original"]["children"]["nodes"] == [{"taskId": "child"}]
    assert data["deleteTaskResult"]["errors"] == []
    assert data["after"]["original"]["children"]["nodes"] == []
