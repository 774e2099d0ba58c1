"""GraphiQL as a person uses it: from our own files, under the policy that the view sends."""

import json

import pytest

from django_celery_results.models import TaskResult
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


def test_the_default_query_is_answered(visit: Visit) -> None:
    TaskResult.objects.create(task_id="one", task_name="shop.charge", status="FAILURE")
    visit.open()
    answer = json.loads(visit.run())
    assert [node["taskName"] for node in answer["data"]["taskResults"]["nodes"]] == ["shop.charge"]


def test_a_query_in_the_address_is_shown(visit: Visit) -> None:
    visit.page.goto(visit.origin + "/graphql/?query={__typename}")
    visit.page.wait_for_selector(".graphiql-query-editor .CodeMirror")
    assert json.loads(visit.run()) == {"data": {"__typename": "Query"}}


def test_requests_carry_the_csrf_token_of_the_cookie(visit: Visit) -> None:
    visit.open("{ __typename }")
    visit.run()
    (cookie,) = [cookie for cookie in visit.page.context.cookies() if cookie["name"] == "csrftoken"]
    assert {headers["x-csrftoken"] for headers in visit.posted} == {cookie["value"]}


def test_the_documentation_is_shown(visit: Visit) -> None:
    visit.open()
    visit.page.click("[aria-label='Show Documentation Explorer']")
    visit.page.click(".graphiql-doc-explorer-type-name:text-is('Query')")
    visit.page.click(".graphiql-doc-explorer-field-name:text-is('taskResults')")
    visit.page.wait_for_selector(".graphiql-doc-explorer >> text=/newest first/i")


def test_the_explorer_writes_a_query(visit: Visit) -> None:
    visit.open("query Explored { __typename }")
    visit.page.click("[aria-label='Show GraphiQL Explorer']")
    visit.page.click(".graphiql-explorer-root >> text='taskResults'")
    visit.eventually(lambda: "taskResults" in visit.text())


def test_fields_are_completed(visit: Visit) -> None:
    visit.open()
    visit.page.wait_for_selector("[aria-label='Re-fetch GraphQL schema']")
    visit.write("")
    visit.page.click(".graphiql-query-editor .CodeMirror")
    visit.page.keyboard.type("{ taskRes", delay=30)
    visit.page.keyboard.press("Control+Space")
    hints = visit.page.wait_for_selector(".CodeMirror-hints")
    assert hints is not None
    assert "taskResults" in (hints.inner_text())


def test_mistakes_are_marked(visit: Visit) -> None:
    visit.open("{ taskResultz { id } }")
    visit.page.wait_for_selector(".CodeMirror-lint-mark-error")


def test_dialogs_open(visit: Visit) -> None:
    """One of them brings a style element of its own, which only the nonce lets in."""
    visit.open()
    visit.page.click("[aria-label='Open settings dialog']")
    visit.page.wait_for_selector("text=Theme")
    visit.page.keyboard.press("Escape")
    visit.page.click("[aria-label='Open short keys dialog']")
    visit.page.wait_for_selector("text=Short Keys")


def test_a_mutation_is_answered(visit: Visit) -> None:
    visit.open('mutation { retryTask(input: {task: {taskId: "unknown"}}) { errors { ... on UserError { code } } } }')
    assert json.loads(visit.run()) == {"data": {"retryTask": {"errors": [{"code": "NOT_FOUND"}]}}}


def test_an_expired_session_says_so(visit: Visit) -> None:
    visit.open("{ __typename }")
    visit.page.context.clear_cookies()
    answer = json.loads(visit.run())
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert visit.complaints == ["Failed to load resource: the server responded with a status of 401 (Unauthorized)"]
    visit.complaints.clear()
