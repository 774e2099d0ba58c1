"""Several orders in one request: they are carried out in turn, and each sees what those before it did."""

import pytest

from tests.contract.conftest import Client
from tests.factories import create_failed_task, create_task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_what_is_shown_after_an_order_is_what_it_left(client: Client) -> None:
    create_failed_task("parent")
    create_task("child", parent_id="parent")
    preview = """retryTask(input: {task: {taskId: "parent"}, dryRun: true}) {
      original { children { nodes { taskId } } } }"""
    answer = client.data(
        f"""mutation {{
          before: {preview}
          deleteTaskResult(input: {{task: {{taskId: "child"}}}}) {{ errors {{ __typename }} }}
          after: {preview} }}"""
    )
    assert answer["before"]["original"]["children"]["nodes"] == [{"taskId": "child"}]
    assert answer["deleteTaskResult"]["errors"] == []
    assert answer["after"]["original"]["children"]["nodes"] == []
