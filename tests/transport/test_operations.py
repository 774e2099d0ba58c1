"""What surrounds an operation: transactions, the log, the engine that is chosen, the bytes of the answer."""

import io
import json
import logging
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.db import connection, connections
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.engine import Context, GraphQLRequest, GraphQLResponse
from graphql_api.transport import encoding, views
from tests.transport.conftest import Service

pytestmark = pytest.mark.any_database


class Engine:
    """An engine that answers what a test wants, and remembers what it was asked."""

    def __init__(self, answer: GraphQLResponse) -> None:
        self.answer = answer
        self.asked: list[tuple[GraphQLRequest, Context]] = []
        self.in_transaction: bool | None = None

    def execute(self, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        self.asked.append((request, context))
        self.in_transaction = connection.in_atomic_block
        return self.answer

    async def execute_async(self, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        return self.execute(request, context)


def answering(monkeypatch: pytest.MonkeyPatch, **answer: Any) -> Engine:
    engine = Engine(GraphQLResponse(**answer))
    monkeypatch.setattr(views, "engine", lambda: engine)
    return engine


def test_transport_asks_any_engine_in_the_same_terms(
    service: Service, admin_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = answering(monkeypatch, data={"a": 1}, extensions={"cost": 3})
    response = service.ask("query Q { a }", variables={"b": 2}, operationName="Q")
    assert response.json() == {"data": {"a": 1}, "extensions": {"cost": 3}}
    ((asked, context),) = engine.asked
    assert asked == GraphQLRequest(query="query Q { a }", variables={"b": 2}, operation_name="Q")
    assert (context.viewer.user, context.viewer.remote_address) == (admin_user, "127.0.0.1")


@pytest.mark.parametrize("data", [{"a": None}, None], ids=["part of the data", "no data"])
def test_an_operation_that_ran_is_a_200_with_its_errors(
    service: Service, monkeypatch: pytest.MonkeyPatch, data: Any
) -> None:
    error = {"message": "No.", "path": ["a"], "extensions": {"code": "FORBIDDEN"}}
    answering(monkeypatch, data=data, errors=(error,))
    response = service.ask("{ a }")
    assert (response.status_code, response.json()) == (200, {"data": data, "errors": [error]})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("view", ["graphql", "graphql_async"])
def test_no_transaction_is_open_around_an_operation(
    view: str, monkeypatch: pytest.MonkeyPatch, client: Any, admin_user: Any
) -> None:
    engine = answering(monkeypatch, data={})
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    client.force_login(admin_user)
    path = "/graphql/" if view == "graphql" else "/async/graphql/"
    assert client.post(path, {"query": "{ a }"}, content_type="application/json").status_code == 200
    assert engine.in_transaction is False


@pytest.mark.parametrize("view", [views.graphql, views.graphql_async])
def test_no_alias_puts_a_transaction_around_an_operation(view: Any) -> None:
    assert view._non_atomic_requests == set(connections.settings)


def test_a_slow_operation_is_a_warning_with_its_name(service: Service, settings: Any, caplog: Any) -> None:
    settings.GRAPHQL_API = {"SLOW_OPERATION_SECONDS": 0}
    with caplog.at_level(logging.WARNING, "graphql_api.operations"):
        service.ask("query Slow($id: ID!) { node(id: $id) { id } }", variables={"id": "a secret"})
    (record,) = [record for record in caplog.records if record.name == "graphql_api.operations"]
    assert record.getMessage().startswith("Slow (document ")
    assert "of admin took" in record.getMessage()
    assert "a secret" not in record.getMessage()


def test_other_operations_are_told_at_info(service: Service, caplog: Any) -> None:
    with caplog.at_level(logging.INFO, "graphql_api.operations"):
        service.ask("{ unknown }")
    (record,) = [record for record in caplog.records if record.name == "graphql_api.operations"]
    assert record.levelname == "INFO"
    assert record.getMessage().startswith("An operation without a name")
    assert record.getMessage().endswith("GRAPHQL_VALIDATION_FAILED")


@pytest.mark.parametrize("name", ["x\nforged", "x\r\nforged", "two words", "\ud7ff"])
def test_what_is_no_name_is_not_in_the_log(service: Service, caplog: Any, name: str) -> None:
    with caplog.at_level(logging.INFO, "graphql_api.operations"):
        service.ask("{ unknown }", operationName=name)
    (record,) = [record for record in caplog.records if record.name == "graphql_api.operations"]
    assert record.getMessage().startswith("An operation without a name (document ")
    assert record.getMessage().isprintable()


def test_a_long_name_is_cut_in_the_log(service: Service, caplog: Any) -> None:
    with caplog.at_level(logging.INFO, "graphql_api.operations"):
        service.ask(f"query {'Q' * 50_000} {{ __typename }}")
    (record,) = [record for record in caplog.records if record.name == "graphql_api.operations"]
    assert record.getMessage().startswith(f"{'Q' * 100} (document ")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("fast", [True, False], ids=["orjson", "json"])
@given(value=JSON_VALUES)
def test_what_is_written_reads_back(value: Any, fast: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(encoding, "_fast", None)
        assert json.loads(encoding.encode(value)) == value
        assert encoding.decode(encoding.encode(value)) == value


@pytest.mark.parametrize("fast", [True, False], ids=["orjson", "json"])
def test_what_json_cannot_say_is_still_valid_json(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not fast:
        monkeypatch.setattr(encoding, "_fast", None)
    assert json.loads(encoding.encode({"nan": float("nan"), "big": 2**70, "deep": [[float("inf")]]})) == {
        "nan": None,
        "big": 2**70,
        "deep": [[None]],
    }
    assert encoding.encode("\ud800") == b'"\\ud800"'


@pytest.mark.parametrize("name", [name for name in ("strawberry", "graphene") if find_spec(name)])
def test_the_engine_is_a_setting(settings: Any, name: str) -> None:
    settings.GRAPHQL_API = {"ENGINE": name}
    assert views.engine() is import_module(f"graphql_api.{name}.execution").engine


class Broken(io.BytesIO):
    """The body of a client that went away."""

    def read(self, *_: Any) -> bytes:
        raise OSError("gone")


def test_a_client_that_goes_away_is_no_failure_of_ours(admin_user: Any) -> None:
    request = RequestFactory().post("/graphql/", content_type="application/json")
    request.user = admin_user
    request._stream = Broken()
    assert views.graphql(request).status_code == 400
