"""What a refusal tells besides its code: the place in the input, in the client's words, and numbers."""

from typing import Any

import pytest
from pytest_django import Settings

from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action, Policy
from django_celery_results.policy.viewer import Viewer
from tests.celery_app import app
from tests.contract.conftest import Client
from tests.factories import create_failed_task, create_task, create_tasks

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ERRORS = "errors { ... on UserError { code path } ... on SelectionError { matchedCount limit } }"
DELETE = f"mutation ($input: BulkDeleteTaskResultsInput!) {{ bulkDeleteTaskResults(input: $input) {{ {ERRORS} }} }}"
RETRY = f"mutation ($input: RetryTaskInput!) {{ retryTask(input: $input) {{ {ERRORS.split(' ... on Sel')[0]} }} }} }}"


def refused(client: Client, query: str, **given: Any) -> Any:
    [payload] = client.data(query, {"input": given}).values()
    [error] = payload["errors"]
    return error


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"expectedCount": 5},
            {"code": "SELECTION_CHANGED", "path": ["options", "expectedCount"], "matchedCount": 2, "limit": None},
        ),
        ({"limit": 0}, {"code": "INVALID_INPUT", "path": ["options", "limit"]}),
        ({"idempotencyKey": "x" * 300}, {"code": "INVALID_INPUT", "path": ["options", "idempotencyKey"]}),
    ],
)
def test_an_order_for_many_is_refused_at_its_place(client: Client, options: Any, expected: Any) -> None:
    create_tasks(2)
    assert refused(client, DELETE, select={"filter": {"isReady": True}}, options=options) == expected


def test_a_selection_that_is_too_large_says_how_large_it_may_be(client: Client) -> None:
    error = refused(client, DELETE, select={"taskIds": ["x"] * 1_001})
    assert error == {"code": "SELECTION_TOO_LARGE", "path": ["select"], "matchedCount": 1_001, "limit": 1_000}


def test_an_id_that_no_row_can_have_is_refused(client: Client) -> None:
    error = refused(client, DELETE, select={"taskIds": ["a\0b"]})
    assert {name: error[name] for name in ("code", "path")} == {"code": "INVALID_INPUT", "path": ["select"]}


def test_an_override_is_refused_under_the_name_that_it_was_given_by(client: Client) -> None:
    create_failed_task("t")
    for overrides, step in (({"countdownSeconds": -1e300}, "countdownSeconds"), ({"kwargs": [1]}, "kwargs")):
        error = refused(client, RETRY, task={"taskId": "t"}, overrides=overrides, dryRun=True)
        assert error == {"code": "INVALID_INPUT", "path": ["overrides", step]}


def blockers(client: Client, **given: Any) -> list[str]:
    """The codes of all that is against a retry, which is one error."""
    query = """mutation ($input: RetryTaskInput!) { retryTask(input: $input) {
      errors { ... on NotRetryableError { code blockers { code } } } } }"""
    error = refused(client, query, **given)
    codes = [blocker["code"] for blocker in error["blockers"]]
    assert codes[0] == error["code"]
    return codes


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_retry_is_refused_with_all_that_is_against_it(client: Client, dry_run: bool) -> None:
    create_task("t", status="SUCCESS")
    create_task("again", retried_from="t")
    given = {"task": {"taskId": "t"}, "dryRun": dry_run}
    every = ["ALREADY_FINISHED", "ALREADY_RETRIED", "ARGUMENTS_UNAVAILABLE"]
    assert blockers(client, **given) == every
    assert blockers(client, allowRetried=True, **given) == [every[0], every[2]]
    assert blockers(client, allowStates=["SUCCESS"], **given) == every[1:]
    assert blockers(client, allowStates=["SUCCESS"], allowRetried=True, **given) == every[2:]


class Guarded(Policy):
    """Whoever may delete may not delete this."""

    def may(self, viewer: Viewer, action: Action, task: TaskResult | None = None) -> bool:
        return not (task and task.task_id == "guarded") and super().may(viewer, action, task)


def test_what_the_policy_forbids_for_one_task_is_no_fault_of_the_input(client: Client, settings: Settings) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.test_refusals.Guarded"}
    create_task("guarded")
    query = """mutation { deleteTaskResult(input: {task: {taskId: "guarded"}}) {
      errors { __typename ... on ForbiddenError { code permission } } } }"""
    expected = {"__typename": "ForbiddenError", "code": "TASK_NOT_ALLOWED", "permission": None}
    assert client.data(query) == {"deleteTaskResult": {"errors": [expected]}}


def test_the_service_tells_what_is_stored(client: Client, settings: Settings) -> None:
    query = "{ service { resultExtended retryArgumentsStored } }"
    extended = bool(app.conf.result_extended)
    found = client.data(query)["service"]
    assert found == {"resultExtended": extended, "retryArgumentsStored": extended}
    settings.DJANGO_CELERY_RESULTS = {"STORE_MESSAGES": "never" if extended else "always"}
    assert client.data(query)["service"]["retryArgumentsStored"] is not extended
