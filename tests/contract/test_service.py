"""The service: what it says of its Celery settings, and how it masks and logs internal errors."""

import logging
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from django_celery_results.query import tasks
from tests.celery_app import app
from tests.contract.graphql_client import GraphQLClient

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_service_field_says_whether_results_and_arguments_are_stored(client: GraphQLClient, settings: Settings) -> None:
    query = "{ service { resultExtended retryArgumentsStored } }"
    extended = bool(app.conf.result_extended)
    assert client.data(query)["service"] == {"resultExtended": extended, "retryArgumentsStored": extended}
    settings.DJANGO_CELERY_RESULTS = {"STORE_MESSAGES": "never" if extended else "always"}
    assert client.data(query)["service"]["retryArgumentsStored"] is not extended


def test_internal_error_is_masked_and_logged_under_its_id(
    client: GraphQLClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("could not connect to 10.0.0.1 with password hunter2")

    monkeypatch.setattr(tasks, "visible", fail)
    with caplog.at_level(logging.ERROR, "graphql_api.errors"):
        [error] = client.execute('{ taskResult(ref: {taskId: "x"}) { id } }').errors
    assert error["extensions"]["code"] == "INTERNAL"
    assert "hunter2" not in str(error)
    assert error["extensions"]["errorId"] in caplog.text
    assert "hunter2" in caplog.text


def test_error_of_the_client_is_not_logged_as_an_internal_error(
    client: GraphQLClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "graphql_api"):
        assert client.codes('{ node(id: "x") { id } }') == ["BAD_USER_INPUT"]
    assert [record for record in caplog.records if record.name == "graphql_api.errors"] == []
