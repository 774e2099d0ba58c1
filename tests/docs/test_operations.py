"""docs/operations.md shows a query that is answered, every command, and a logging configuration that works."""

import logging
import re
from collections.abc import Iterator
from importlib.util import find_spec
from io import StringIO
from logging.config import dictConfig
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import get_commands

from graphql_api.testing import execute
from tests.docs.pages import code_block, page
from tests.factories import create_task

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(find_spec("graphql") is None, reason="no GraphQL library is installed"),
]


@pytest.fixture
def log() -> Iterator[StringIO]:
    """Apply the logging configuration of the page until the test ends; what it writes."""
    names: dict[str, Any] = {}
    exec(code_block("operations", "python", "LOGGING"), names)
    loggers = [logging.getLogger(name) for name in names["LOGGING"]["loggers"]]
    before = [(logger.level, logger.handlers[:]) for logger in loggers]
    written = StringIO()
    names["LOGGING"]["handlers"]["console"]["stream"] = written
    dictConfig(names["LOGGING"])
    yield written
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.mark.django_db
def test_query_returns_the_watched_counts() -> None:
    create_task("stuck", status="STARTED")
    answer = execute(code_block("operations", "graphql", "query Watch"), user=User.objects.create_superuser("root"))
    assert answer.errors == ()
    assert answer.data
    assert answer.data["stuck"]["count"] == {"value": 0, "isExact": True}


def test_table_names_every_command() -> None:
    ours = {name for name, app in get_commands().items() if app in ("django_celery_results", "graphql_api")}
    table = page("operations").partition("## Commands")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == ours


def test_logging_writes_warnings_of_the_store_and_operations_of_the_service(log: StringIO) -> None:
    logging.getLogger("django_celery_results.outages").warning("the database was away")
    logging.getLogger("graphql_api.operations").info("FailedTasks took 0.010 s")
    logging.getLogger("django_celery_results.outages").info("not this")
    assert log.getvalue().splitlines() == ["the database was away", "FailedTasks took 0.010 s"]
