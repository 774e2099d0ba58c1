"""One suite over both views: the one for WSGI and the one for ASGI."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import AsyncClient, Client

from graphql_api.documents import Documents
from graphql_api.transport import views
from graphql_api.transport.encoding import encode

RESPONSE = "application/graphql-response+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@dataclass(kw_only=True)
class Service:
    """The API as a client meets it."""

    client: Any
    path: str
    is_async: bool

    def request(self, method: str, path: str = "", body: Any = b"", **options: Any) -> HttpResponse:
        send = async_to_sync(self._send) if self.is_async else self.client.generic
        return send(method, self.path + path, body, **options)

    async def _send(self, *given: Any, **options: Any) -> HttpResponse:
        return await self.client.generic(*given, **options)

    def post(self, body: Any, **headers: str) -> HttpResponse:
        """A POST of JSON; pass bytes to send something else."""
        content = body if isinstance(body, bytes) else encode(body)
        kind = headers.pop("content_type", "application/json")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", body=content, content_type=kind, headers=named)

    def ask(self, query: str, **more: Any) -> HttpResponse:
        return self.post({"query": query, **more}, accept=RESPONSE)

    def log_in(self, user: User) -> None:
        self.client.force_login(user)


def documents() -> Documents:
    """The documents of the engine that is installed."""
    found: Any = views.engine()
    known: Documents = found.documents
    return known


@pytest.fixture(params=["wsgi", "asgi"])
def anonymous(request: pytest.FixtureRequest, db: None) -> Service:
    """The service, before anybody logged in; the client checks CSRF as Django does."""
    is_async = request.param == "asgi"
    client = (AsyncClient if is_async else Client)(enforce_csrf_checks=True)
    return Service(client=client, path="/async/graphql/" if is_async else "/graphql/", is_async=is_async)


@pytest.fixture
def service(anonymous: Service, admin_user: User) -> Iterator[Service]:
    """The service for a superuser with a session."""
    anonymous.log_in(admin_user)
    return anonymous
