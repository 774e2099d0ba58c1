"""Errors of mutations: besides a code, the path in the input and the numbers that explain them."""

from typing import Any

import pytest
from pytest_django import Settings

from django_celery_results.models import TaskResult
from tests.contract.graphql_client import GraphQLClient
from tests.factories import create_failed_task, create_task, create_tasks

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

ERRORS = "errors { ... on UserError { code path } ... on SelectionError { matchedCount limit } }"
BULK_DELETE = (
    f"mutation ($input: BulkDeleteTaskResultsInput!) {{ bulkDeleteTaskResults(input: $input) {{ {ERRORS} }} }}"
)
RETRY = f"mutation ($input: RetryTaskInput!) {{ retryTask(input: $input) {{ {ERRORS.split(' ... on Sel')[0]} }} }} }}"


def only_error(client: GraphQLClient, document: str, **input_: Any) -> Any:
    """Run a mutation and return its payload's only error."""
    [payload] = client.data(document, {"input": input_}).values()
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
def test_bulk_error_names_the_path_of_the_wrong_option(client: GraphQLClient, options: Any, expected: Any) -> None:
    create_tasks(2)
    assert only_error(client, BULK_DELETE, select={"filter": {"isReady": True}}, options=options) == expected


def test_selection_too_large_names_the_limit(client: GraphQLClient) -> None:
    error = only_error(client, BULK_DELETE, select={"taskIds": ["x"] * 1_001})
    assert error == {"code": "SELECTION_TOO_LARGE", "path": ["select"], "matchedCount": 1_001, "limit": 1_000}


def test_task_id_with_a_nul_byte_is_invalid_input(client: GraphQLClient) -> None:
    error = only_error(client, BULK_DELETE, select={"taskIds": ["a\0b"]})
    assert {name: error[name] for name in ("code", "path")} == {"code": "INVALID_INPUT", "path": ["select"]}


def test_override_error_uses_the_name_of_the_input_field(client: GraphQLClient) -> None:
    create_failed_task("t")
    for overrides, field in (({"countdownSeconds": -1e300}, "countdownSeconds"), ({"kwargs": [1]}, "kwargs")):
        error = only_error(client, RETRY, task={"taskId": "t"}, overrides=overrides, dryRun=True)
        assert error == {"code": "INVALID_INPUT", "path": ["overrides", field]}


@pytest.mark.parametrize(
    ("overrides", "field", "text"),
    [
        ({"headers": {"CC": ["other"]}}, "headers", "'CC'"),
        ({"headers": {"tenant": "b"}}, "headers", "RETRY_HEADERS"),
        ({"queue": "_kombu.binding.celery"}, "queue", "'_kombu.binding.celery'"),
        ({"args": [{"__type__": "uuid", "__value__": {"hex": "0" * 32}}]}, "args", "'__type__'"),
        ({"kwargs": {"a": [{"__type__": "nonsense"}]}}, "kwargs", "'__type__'"),
    ],
)
@pytest.mark.parametrize("many", [True, False])
def test_override_that_reaches_beyond_the_task_is_refused(
    client: GraphQLClient, overrides: Any, field: str, text: str, many: bool
) -> None:
    create_failed_task("t")
    target = {"select": {"taskIds": ["t"]}} if many else {"task": {"taskId": "t"}}
    document = RETRY.replace("code path", "code path message")
    if many:
        document = document.replace("RetryTaskInput", "BulkRetryTasksInput").replace("retryTask", "bulkRetryTasks")
    error = only_error(client, document, overrides=overrides, **target)
    assert text in error.pop("message")
    assert error == {"code": "INVALID_INPUT", "path": ["overrides", field]}
    assert TaskResult.objects.count() == 1


def blocker_codes(client: GraphQLClient, **input_: Any) -> list[str]:
    """Return the codes of the blockers in the only error of a retry."""
    document = """mutation ($input: RetryTaskInput!) { retryTask(input: $input) {
      errors { ... on NotRetryableError { code blockers { code } } } } }"""
    error = only_error(client, document, **input_)
    codes = [blocker["code"] for blocker in error["blockers"]]
    assert codes[0] == error["code"]
    return codes


@pytest.mark.parametrize("dry_run", [True, False])
def test_retry_error_lists_every_blocker(client: GraphQLClient, dry_run: bool) -> None:
    create_task("t", status="SUCCESS")
    create_task("again", retried_from="t")
    retry = {"task": {"taskId": "t"}, "dryRun": dry_run}
    every = ["ALREADY_FINISHED", "ALREADY_RETRIED", "ARGUMENTS_UNAVAILABLE"]
    assert blocker_codes(client, **retry) == every
    assert blocker_codes(client, allowRetried=True, **retry) == [every[0], every[2]]
    assert blocker_codes(client, allowStates=["SUCCESS"], **retry) == every[1:]
    assert blocker_codes(client, allowStates=["SUCCESS"], allowRetried=True, **retry) == every[2:]


def test_policy_refusing_one_task_is_a_forbidden_error_without_a_permission(
    client: GraphQLClient, settings: Settings
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": "tests.contract.policies.GuardedTaskPolicy"}
    create_task("guarded")
    query = """mutation { deleteTaskResult(input: {task: {taskId: "guarded"}}) {
      errors { __typename ... on ForbiddenError { code permission } } } }"""
    expected = {"__typename": "ForbiddenError", "code": "TASK_NOT_ALLOWED", "permission": None}
    assert client.data(query) == {"deleteTaskResult": {"errors": [expected]}}
    assert TaskResult.objects.filter(task_id="guarded").exists()
