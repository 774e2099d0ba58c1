"""The views: how they call an engine, outside of any transaction, and what they make of its response."""

import io
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client, RequestFactory

from graphql_api.engine import Context, GraphQLRequest, GraphQLResponse
from graphql_api.transport import views
from tests.contract.graphql_client import ENGINES
from tests.transport.http_client import HttpClient

pytestmark = pytest.mark.any_database


class FakeEngine:
    """An engine that returns the response it is given, and keeps the calls it gets."""

    def __init__(self, response: GraphQLResponse) -> None:
        self.response = response
        self.calls: list[tuple[GraphQLRequest, Context]] = []
        self.in_transaction: bool | None = None

    def execute(self, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        self.calls.append((request, context))
        self.in_transaction = connection.in_atomic_block
        return self.response

    async def execute_async(self, request: GraphQLRequest, context: Context) -> GraphQLResponse:
        return self.execute(request, context)


def use_fake_engine(monkeypatch: pytest.MonkeyPatch, **response: Any) -> FakeEngine:
    engine = FakeEngine(GraphQLResponse(**response))
    monkeypatch.setattr(views, "engine", lambda: engine)
    return engine


def test_engine_is_given_the_request_and_the_viewer(
    http: HttpClient, admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = use_fake_engine(monkeypatch, data={"a": 1}, extensions={"cost": 3})
    response = http.execute("query Q { a }", variables={"b": 2}, operationName="Q")
    assert response.json() == {"data": {"a": 1}, "extensions": {"cost": 3}}
    ((request, context),) = engine.calls
    assert request == GraphQLRequest(query="query Q { a }", variables={"b": 2}, operation_name="Q")
    assert (context.viewer.user, context.viewer.remote_address) == (admin_user, "127.0.0.1")


@pytest.mark.parametrize("data", [{"a": None}, None], ids=["partial data", "no data"])
def test_executed_document_is_200_with_its_errors(http: HttpClient, monkeypatch: pytest.MonkeyPatch, data: Any) -> None:
    error = {"message": "No.", "path": ["a"], "extensions": {"code": "FORBIDDEN"}}
    use_fake_engine(monkeypatch, data=data, errors=(error,))
    response = http.execute("{ a }")
    assert (response.status_code, response.json()) == (200, {"data": data, "errors": [error]})


@pytest.mark.django_db(transaction=True)  # or the test's own transaction would be open
@pytest.mark.parametrize("path", ["/graphql/", "/async/graphql/"])
def test_engine_runs_outside_of_a_transaction_despite_atomic_requests(
    path: str, monkeypatch: pytest.MonkeyPatch, client: Client, admin_user: User
) -> None:
    engine = use_fake_engine(monkeypatch, data={})
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    client.force_login(admin_user)
    assert client.post(path, {"query": "{ a }"}, content_type="application/json").status_code == 200
    assert engine.in_transaction is False


@pytest.mark.parametrize("view", [views.graphql, views.graphql_async])
def test_view_is_non_atomic_on_every_database(view: Any) -> None:
    assert view._non_atomic_requests == set(connections.settings)


@pytest.mark.parametrize("name", ENGINES)
def test_engine_setting_selects_the_engine(settings: Any, name: str) -> None:
    settings.GRAPHQL_API = {"ENGINE": name}
    assert views.engine() is import_module(f"graphql_api.{name}.execution").engine


class DisconnectedBody(io.BytesIO):
    """The request body of a client that closed the connection."""

    def read(self, *_: Any) -> bytes:
        raise OSError("connection closed")


def test_disconnected_client_is_400_and_no_internal_error(admin_user: User) -> None:
    request = RequestFactory().post("/graphql/", content_type="application/json")
    request.user = admin_user
    request._stream = DisconnectedBody()
    assert views.graphql(request).status_code == 400
