"""System checks of the GraphQL service: wrong settings, missing libraries, and two engines side by side."""

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

pytestmark = pytest.mark.any_database

TWO_ENGINES = "graphql_api.I001"
"""The id of the notice wherever both engines are installed, as they are in one lane."""


def check_messages() -> list[CheckMessage]:
    return [message for message in run_checks(tags=["graphql_api"]) if message.id != TWO_ENGINES]


def check_ids() -> list[str | None]:
    return [message.id for message in check_messages()]


@pytest.mark.parametrize("value", [{}, {"MAX_STATEMENT_SECONDS": 5, "SLOW_OPERATION_SECONDS": None, "GRAPHIQL": False}])
def test_valid_settings_pass_the_checks(settings: Settings, value: dict[str, Any]) -> None:
    settings.GRAPHQL_API = value
    assert check_ids() == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"GRAPHIQ": False}, "graphql_api.E001"),
        ({"ENGINE": "nothing"}, "graphql_api.E002"),
        ({"ENGINE": "../strawberry"}, "graphql_api.E002"),
        ({"ENGINE": "transport"}, "graphql_api.E002"),
        ({"AUTHENTICATE": "tests.transport.authentication.nobody"}, "graphql_api.E005"),
        ({"AUTHENTICATE": "tests.transport.authentication.__doc__"}, "graphql_api.E005"),
        ({"AUTHENTICATE": "nothing"}, "graphql_api.E005"),
        ({"MAX_COST": "20000"}, "graphql_api.E006"),
        ({"MAX_COST": True}, "graphql_api.E006"),
        ({"MAX_DEPTH": -1}, "graphql_api.E006"),
        ({"GRAPHIQL": 1}, "graphql_api.E006"),
        ({"MAX_STATEMENT_SECONDS": 0}, "graphql_api.E006"),
        (["GRAPHIQL"], "graphql_api.E006"),
    ],
)
def test_wrong_setting_is_an_error_with_a_hint(settings: Settings, value: Any, expected: str) -> None:
    settings.GRAPHQL_API = value
    [message] = check_messages()
    assert message.id == expected
    assert message.hint


@pytest.mark.parametrize("name", ["strawberry", "graphene"])
def test_missing_library_of_the_engine_is_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings.GRAPHQL_API = {"ENGINE": name}
    monkeypatch.setattr("graphql_api.checks.find_spec", lambda wanted: None if wanted == name else object())
    assert check_ids() == ["graphql_api.E003"]


@pytest.mark.parametrize(("core", "expected"), [("3.2.14", TWO_ENGINES), ("3.3.0", "graphql_api.W001")])
def test_two_engines_are_reported_with_their_graphql_core(
    monkeypatch: pytest.MonkeyPatch, core: str, expected: str
) -> None:
    versions = {"graphql-core": core, "strawberry-graphql": "0.327.7", "strawberry-graphql-django": "0.91.0"}
    monkeypatch.setattr("graphql_api.checks.find_spec", lambda name: object())
    monkeypatch.setattr("graphql_api.checks.metadata.version", versions.__getitem__)
    [message] = run_checks(tags=["graphql_api"])
    assert (message.id, core in message.msg) == (expected, True)
    assert message.hint


def test_one_engine_alone_passes_the_checks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.GRAPHQL_API = {"ENGINE": "strawberry"}
    monkeypatch.setattr("graphql_api.checks.find_spec", lambda name: None if name == "graphene" else object())
    assert run_checks(tags=["graphql_api"]) == []


def test_missing_results_app_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphql_api.checks.apps.is_installed", lambda name: False)
    assert check_ids() == ["graphql_api.E004"]
