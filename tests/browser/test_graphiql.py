"""GraphiQL works from the files of the package, under the content security policy that the view sends."""

import json
from typing import Any

import pytest

from tests.browser.visits import Visit, wait_until
from tests.factories import create_task

pytestmark = pytest.mark.once

QUERY_EDITOR = "document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror"


class GraphiQL:
    """The page of GraphiQL, and what a user does in it."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page

    def open(self, query: str | None = None, path: str = "/graphql/") -> None:
        self.page.goto(path)
        self.page.wait_for_selector(".graphiql-query-editor .CodeMirror")
        if query is not None:
            self.write_query(query)

    def editor_text(self, pane: str = "query-editor") -> str:
        """Return the text of an editor; an empty one while there is none."""
        text: str = self.page.evaluate(
            "pane => document.querySelector(pane)?.CodeMirror?.getValue() ?? ''", f".graphiql-{pane} .CodeMirror"
        )
        return text

    def write_query(self, query: str) -> None:
        """Replace the query, and wait until GraphiQL has parsed it: it runs the operation that it knows by then."""
        self.page.evaluate(f"query => {QUERY_EDITOR}.setValue(query)", query)
        parsed = f"{QUERY_EDITOR}.documentAST?.loc.source.body ?? ''"
        wait_until(self.page, lambda: self.page.evaluate(parsed) == query)

    def run_query(self) -> Any:
        """Press the button and return the answer."""
        with self.page.expect_response(lambda response: response.request.method == "POST"):
            self.page.click(".graphiql-execute-button")
        wait_until(self.page, lambda: self.editor_text("response").startswith("{"))
        return json.loads(self.editor_text("response"))


@pytest.fixture
def graphiql(visit: Visit) -> GraphiQL:
    return GraphiQL(visit)


def test_default_query_is_answered(graphiql: GraphiQL) -> None:
    create_task("one", task_name="shop.charge", status="FAILURE")
    graphiql.open()
    answer = graphiql.run_query()
    assert [node["taskName"] for node in answer["data"]["taskResults"]["nodes"]] == ["shop.charge"]


def test_query_in_the_url_is_loaded(graphiql: GraphiQL) -> None:
    graphiql.open(path="/graphql/?query={__typename}")
    assert graphiql.run_query() == {"data": {"__typename": "Query"}}


def test_requests_carry_the_csrf_token(graphiql: GraphiQL) -> None:
    graphiql.open("{ __typename }")
    graphiql.run_query()
    (cookie,) = [cookie for cookie in graphiql.page.context.cookies() if cookie["name"] == "csrftoken"]
    assert {headers["x-csrftoken"] for headers in graphiql.visit.posted_headers} == {cookie["value"]}


def test_documentation_explorer_shows_descriptions(graphiql: GraphiQL) -> None:
    graphiql.open()
    graphiql.page.click("[aria-label='Show Documentation Explorer']")
    graphiql.page.click(".graphiql-doc-explorer-type-name:text-is('Query')")
    graphiql.page.click(".graphiql-doc-explorer-field-name:text-is('taskResults')")
    graphiql.page.wait_for_selector(".graphiql-doc-explorer >> text=/newest first/i")


def test_explorer_writes_a_query(graphiql: GraphiQL) -> None:
    graphiql.open("query Explored { __typename }")
    graphiql.page.click("[aria-label='Show GraphiQL Explorer']")
    graphiql.page.click(".graphiql-explorer-root >> text='taskResults'")
    wait_until(graphiql.page, lambda: "taskResults" in graphiql.editor_text())


def test_editor_completes_fields(graphiql: GraphiQL) -> None:
    graphiql.open()
    graphiql.write_query("")
    wait_until(graphiql.page, lambda: graphiql.page.evaluate(f"!!{QUERY_EDITOR}.options.hintOptions.schema"))
    graphiql.page.click(".graphiql-query-editor .CodeMirror")
    graphiql.page.keyboard.type("{ taskRes", delay=30)
    graphiql.page.keyboard.press("Control+Space")
    hints = graphiql.page.wait_for_selector(".CodeMirror-hints")
    assert hints is not None
    assert "taskResults" in hints.inner_text()


def test_editor_marks_mistakes(graphiql: GraphiQL) -> None:
    graphiql.open("{ taskResultz { id } }")
    graphiql.page.wait_for_selector(".CodeMirror-lint-mark-error")


def test_dialogs_open_under_the_content_security_policy(graphiql: GraphiQL) -> None:
    """One of them brings a style element of its own, which only the nonce allows."""
    graphiql.open()
    graphiql.page.click("[aria-label='Open settings dialog']")
    graphiql.page.wait_for_selector("text=Theme")
    graphiql.page.keyboard.press("Escape")
    graphiql.page.click("[aria-label='Open short keys dialog']")
    graphiql.page.wait_for_selector("text=Short Keys")


def test_mutation_is_answered(graphiql: GraphiQL) -> None:
    graphiql.open('mutation { retryTask(input: {task: {taskId: "unknown"}}) { errors { ... on UserError { code } } } }')
    assert graphiql.run_query() == {"data": {"retryTask": {"errors": [{"code": "NOT_FOUND"}]}}}


def test_expired_session_is_reported_as_unauthenticated(graphiql: GraphiQL) -> None:
    graphiql.open("{ __typename }")
    graphiql.page.context.clear_cookies()
    answer = graphiql.run_query()
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    expected = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
    assert graphiql.visit.console_errors == [expected]
    graphiql.visit.console_errors.clear()
