"""Fixtures that run each test of this folder against both views: the one for WSGI and the one for ASGI."""

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from tests.factories import create_group, create_task
from tests.transport.http_client import HttpClient


@pytest.fixture(params=["wsgi", "asgi"])
def anonymous_http(request: pytest.FixtureRequest, db: None) -> HttpClient:
    """A client that is not logged in."""
    is_async = request.param == "asgi"
    client = (AsyncClient if is_async else Client)(enforce_csrf_checks=True)
    return HttpClient(client=client, path="/async/graphql/" if is_async else "/graphql/", is_async=is_async)


@pytest.fixture
def http(anonymous_http: HttpClient, admin_user: User) -> HttpClient:
    """A client with the session of a superuser."""
    anonymous_http.log_in(admin_user)
    return anonymous_http


@pytest.fixture
def rows(db: None) -> None:
    """A failed, a running and an unreadable task, and a group."""
    error = '{"exc_type": "ValueError", "exc_message": ["no"]}'
    create_task("t1", status="FAILURE", result=error, traceback="Traceback", group_id="g", task_name="t1")
    create_task("t2", status="PROGRESS", result='{"current": 1}', parent_id="t1", root_id="t1", group_id="g")
    create_task("", result="\x01", content_type="application/x-python-serialize", content_encoding="binary")
    create_group("g", ["t1", "t2"])
