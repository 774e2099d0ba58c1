"""A client that sends requests to the GraphQL views, over WSGI or ASGI, by Django's test client."""

import json
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import HttpResponse

from graphql_api.documents import Documents
from graphql_api.transport import views
from graphql_api.transport.encoding import encode

GRAPHQL_RESPONSE = "application/graphql-response+json"
"""The media type of GraphQL over HTTP. Its status codes say whether the request was executed."""
BROWSER_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FORM = "application/x-www-form-urlencoded"


@dataclass(kw_only=True)
class HttpClient:
    """Sends requests to one of the two views. `client` is Django's test client, which checks CSRF tokens."""

    client: Any
    path: str
    is_async: bool

    def request(self, method: str, query_string: str = "", body: Any = b"", **options: Any) -> HttpResponse:
        send = async_to_sync(self._send) if self.is_async else self.client.generic
        return send(method, self.path + query_string, body, **options)

    async def _send(self, *arguments: Any, **options: Any) -> HttpResponse:
        return await self.client.generic(*arguments, **options)

    def post(self, body: Any, **headers: str) -> HttpResponse:
        """Send a POST of JSON. Bytes are sent as they are."""
        content = body if isinstance(body, bytes) else encode(body)
        content_type = headers.pop("content_type", "application/json")
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", body=content, content_type=content_type, headers=headers)

    def execute(self, query: str, **more: Any) -> HttpResponse:
        """Send a GraphQL document, as a client that accepts GraphQL's media type."""
        return self.post({"query": query, **more}, accept=GRAPHQL_RESPONSE)

    def log_in(self, user: User) -> None:
        self.client.force_login(user)


def error_code(response: Any) -> str:
    """Return the code of the first error of a response without data, in the shape that GraphQL specifies."""
    payload = json.loads(response.content)
    assert "data" not in payload
    assert set(payload["errors"][0]) <= {"message", "locations", "path", "extensions"}
    return payload["errors"][0]["extensions"]["code"]


def installed_documents() -> Documents:
    """Return the documents of the engine that the views use."""
    engine: Any = views.engine()
    documents: Documents = engine.documents
    return documents
