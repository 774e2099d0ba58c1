"""Settings that are wrong, errors that nobody foresaw, and what projects test with."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.db import OperationalError
from pytest_django import Settings

from django_celery_results.query import tasks
from graphql_api import testing
from tests.contract.conftest import Client
from tests.factories import create_task

pytestmark = pytest.mark.any_database


BOTH = "graphql_api.I001"
"""Said wherever both engines are installed, as they are in one lane."""


def ids() -> list[str]:
    return [found for message in run_checks(tags=["graphql_api"]) if (found := str(message.id)) != BOTH]


@pytest.mark.parametrize("given", [{}, {"MAX_STATEMENT_SECONDS": 5, "SLOW_OPERATION_SECONDS": None, "GRAPHIQL": False}])
def test_good_settings_pass_the_checks(settings: Settings, given: dict[str, Any]) -> None:
    settings.GRAPHQL_API = given
    assert ids() == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"GRAPHIQ": False}, "graphql_api.E001"),
        ({"ENGINE": "nothing"}, "graphql_api.E002"),
        ({"ENGINE": "../strawberry"}, "graphql_api.E002"),
        ({"ENGINE": "transport"}, "graphql_api.E002"),
        ({"AUTHENTICATE": "tests.transport.tokens.nobody"}, "graphql_api.E005"),
        ({"AUTHENTICATE": "tests.transport.tokens.__doc__"}, "graphql_api.E005"),
        ({"AUTHENTICATE": "nothing"}, "graphql_api.E005"),
        ({"MAX_COST": "20000"}, "graphql_api.E006"),
        ({"MAX_COST": True}, "graphql_api.E006"),
        ({"MAX_DEPTH": -1}, "graphql_api.E006"),
        ({"GRAPHIQL": 1}, "graphql_api.E006"),
        ({"MAX_STATEMENT_SECONDS": 0}, "graphql_api.E006"),
        (["GRAPHIQL"], "graphql_api.E006"),
    ],
)
def test_wrong_settings_are_reported(settings: Settings, given: Any, expected: str) -> None:
    settings.GRAPHQL_API = given
    [found] = [message for message in run_checks(tags=["graphql_api"]) if message.id != BOTH]
    assert found.id == expected
    assert found.hint


@pytest.mark.parametrize("name", ["strawberry", "graphene"])
def test_a_missing_library_is_reported(settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    settings.GRAPHQL_API = {"ENGINE": name}
    monkeypatch.setattr("graphql_api.checks.find_spec", lambda wanted: None if wanted == name else object())
    assert ids() == ["graphql_api.E003"]


@pytest.mark.parametrize(("core", "expected"), [("3.2.14", BOTH), ("3.3.0", "graphql_api.W001")])
def test_the_limits_of_two_engines_are_told(monkeypatch: pytest.MonkeyPatch, core: str, expected: str) -> None:
    known = {"graphql-core": core, "strawberry-graphql": "0.327.7", "strawberry-graphql-django": "0.91.0"}
    monkeypatch.setattr("graphql_api.checks.find_spec", lambda name: object())
    monkeypatch.setattr("graphql_api.checks.metadata.version", known.__getitem__)
    [found] = run_checks(tags=["graphql_api"])
    assert (found.id, core in found.msg) == (expected, True)
    assert found.hint


def test_one_engine_has_no_limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.GRAPHQL_API = {"ENGINE": "strawberry"}
    monkeypatch.setattr("graphql_api.checks.find_spec", lambda name: None if name == "graphene" else object())
    assert run_checks(tags=["graphql_api"]) == []


def test_a_missing_store_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphql_api.checks.apps.is_installed", lambda name: False)
    assert ids() == ["graphql_api.E004"]


@pytest.mark.django_db
def test_an_unforeseen_error_shows_nothing_but_an_id_that_is_logged(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise OperationalError("could not connect to 10.0.0.1 with password hunter2")

    monkeypatch.setattr(tasks, "visible", broken)
    with caplog.at_level(logging.ERROR, "graphql_api.errors"):
        [error] = client.execute('{ taskResult(ref: {taskId: "x"}) { id } }').errors
    assert error["extensions"]["code"] == "INTERNAL"
    assert "hunter2" not in str(error)
    assert error["extensions"]["errorId"] in caplog.text
    assert "hunter2" in caplog.text


@pytest.mark.django_db
def test_what_clients_do_wrong_is_not_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.codes('{ node(id: "x") { id } }')
    assert "node" not in caplog.text


@pytest.mark.django_db
def test_projects_run_operations_in_their_tests() -> None:
    create_task("t")
    query = '{ taskResult(ref: {taskId: "t"}) { taskId } }'
    assert testing.execute(query, user=User.objects.create_superuser("x")).data == {"taskResult": {"taskId": "t"}}
    assert testing.execute(query).errors[0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.django_db
def test_naive_times_are_shown_with_their_offset(client: Client, settings: Settings) -> None:
    settings.USE_TZ = False
    settings.TIME_ZONE = "UTC"
    create_task("t")
    query = """{ taskResults(first: 1, filter: {dateCreated: {gt: "2020-01-01T00:00:00Z", withinLast: "P1D"}}) {
      nodes { dateCreated } pageInfo { endCursor } } }"""
    page = client.data(query)["taskResults"]
    assert page["nodes"][0]["dateCreated"].endswith("Z")
    after = "query ($after: String) { taskResults(after: $after) { nodes { id } } }"
    assert client.codes(after, {"after": page["pageInfo"]["endCursor"]}) == ["BAD_CURSOR"]
