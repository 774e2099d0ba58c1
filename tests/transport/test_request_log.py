"""The log line of each GraphQL request: its name, its viewer and its outcome, never its variables."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from tests.transport.http_client import HttpClient

pytestmark = pytest.mark.any_database

LOGGER = "graphql_api.operations"


@pytest.fixture
def only_record(caplog: pytest.LogCaptureFixture) -> Callable[[], logging.LogRecord]:
    """Return the only record of the request log."""
    caplog.set_level(logging.INFO, LOGGER)

    def get() -> logging.LogRecord:
        (record,) = [record for record in caplog.records if record.name == LOGGER]
        return record

    return get


def test_slow_request_is_a_warning_with_its_name_and_viewer(
    http: HttpClient, settings: Any, only_record: Callable[[], logging.LogRecord]
) -> None:
    settings.GRAPHQL_API = {"SLOW_OPERATION_SECONDS": 0}
    http.execute("query Slow($id: ID!) { node(id: $id) { id } }", variables={"id": "a secret"})
    record = only_record()
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith("Slow (document ")
    assert "of admin took" in record.getMessage()
    assert "a secret" not in record.getMessage()


def test_other_request_is_logged_at_info_with_its_error_codes(
    http: HttpClient, settings: Any, only_record: Callable[[], logging.LogRecord]
) -> None:
    settings.GRAPHQL_API = {"SLOW_OPERATION_SECONDS": None}
    http.execute("{ unknown }")
    record = only_record()
    assert record.levelname == "INFO"
    assert record.getMessage().startswith("An operation without a name")
    assert record.getMessage().endswith("GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize("name", ["x\nforged", "x\r\nforged", "two words", "\ud7ff"])
def test_operation_name_that_is_no_graphql_name_is_not_logged(
    http: HttpClient, only_record: Callable[[], logging.LogRecord], name: str
) -> None:
    http.execute("{ unknown }", operationName=name)
    text = only_record().getMessage()
    assert text.startswith("An operation without a name (document ")
    assert text.isprintable()


def test_long_operation_name_is_truncated(http: HttpClient, only_record: Callable[[], logging.LogRecord]) -> None:
    http.execute(f"query {'Q' * 50_000} {{ __typename }}")
    assert only_record().getMessage().startswith(f"{'Q' * 100} (document ")
