"""What a refusal tells besides its code: the place in the input, in the client's words, and numbers."""

from typing import Any

import pytest
from pytest_django import Settings

from tests.actions.records import failed_task
from tests.celery_app import app
from tests.contract.conftest import Client
from tests.query.rows import tasks

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
    tasks(2)
    assert refused(client, DELETE, select={"filter": {"isReady": True}}, options=options) == expected


def test_a_selection_that_is_too_large_says_how_large_it_may_be(client: Client) -> None:
    error = refused(client, DELETE, select={"taskIds": ["x"] * 1_001})
    assert error == {"code": "SELECTION_TOO_LARGE", "path": ["select"], "matchedCount": 1_001, "limit": 1_000}


def test_an_override_is_refused_under_the_name_that_it_was_given_by(client: Client) -> None:
    failed_task("t")
    for overrides, step in (({"countdownSeconds": -1e300}, "countdownSeconds"), ({"kwargs": [1]}, "kwargs")):
        error = refused(client, RETRY, task={"taskId": "t"}, overrides=overrides, dryRun=True)
        assert error == {"code": "INVALID_INPUT", "path": ["overrides", step]}


def test_the_service_tells_what_is_stored(client: Client, settings: Settings) -> None:
    query = "{ service { resultExtended retryArgumentsStored } }"
    extended = bool(app.conf.result_extended)
    found = client.data(query)["service"]
    assert found == {"resultExtended": extended, "retryArgumentsStored": extended}
    settings.DJANGO_CELERY_RESULTS = {"STORE_MESSAGES": "never" if extended else "always"}
    assert client.data(query)["service"]["retryArgumentsStored"] is not extended
