"""Several orders in one request: they are carried out in turn, and each sees what those before it did."""

import pytest

from tests.actions.records import failed_task
from tests.contract.conftest import Client
from tests.query.rows import task

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_what_is_shown_after_an_order_is_what_it_left(client: Client) -> None:
    failed_task("parent")
    task("child", parent_id="parent")
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
