"""Authentication: by session and by token, and what an anonymous client is sent."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.transport.http_client import BROWSER_ACCEPT, HttpClient, error_code

pytestmark = pytest.mark.any_database

BEARER = {"AUTHENTICATE": "tests.transport.authentication.bearer"}


def test_anonymous_program_is_refused_with_401(anonymous_http: HttpClient) -> None:
    response = anonymous_http.execute("{ __typename }")
    assert (response.status_code, error_code(response)) == (401, "UNAUTHENTICATED")
    assert response["WWW-Authenticate"] == "Session"


def test_anonymous_request_is_refused_before_its_body_is_parsed(anonymous_http: HttpClient) -> None:
    response = anonymous_http.post(b"[" * 1_000_000)
    assert (response.status_code, error_code(response)) == (401, "UNAUTHENTICATED")


def test_anonymous_browser_is_redirected_to_the_login_page(anonymous_http: HttpClient) -> None:
    response = anonymous_http.request("GET", "?query={__typename}", headers={"accept": BROWSER_ACCEPT})
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={anonymous_http.path}%3Fquery%3D%257B__typename%257D"


def test_login_url_setting_takes_a_url_name(anonymous_http: HttpClient, settings: Any) -> None:
    settings.GRAPHQL_API = {"LOGIN_URL": "admin:login"}
    response = anonymous_http.request("GET", headers={"accept": BROWSER_ACCEPT})
    assert response["Location"] == f"/admin/login/?next={anonymous_http.path}"


def test_session_of_an_inactive_user_is_anonymous(http: HttpClient, admin_user: User) -> None:
    User.objects.filter(pk=admin_user.pk).update(is_active=False)
    assert http.execute("{ __typename }").status_code == 401


def test_token_authenticates_its_user(anonymous_http: HttpClient, admin_user: User, settings: Any) -> None:
    settings.GRAPHQL_API = BEARER
    response = anonymous_http.post({"query": "{ viewer { username } }"}, authorization=f"Bearer {admin_user.username}")
    assert response.json() == {"data": {"viewer": {"username": admin_user.username}}}


@pytest.mark.parametrize("function", ["bearer", "refusing"])
def test_wrong_token_is_refused_with_401_and_its_scheme(
    anonymous_http: HttpClient, settings: Any, function: str
) -> None:
    settings.GRAPHQL_API = {"AUTHENTICATE": f"tests.transport.authentication.{function}"}
    response = anonymous_http.post({"query": "{ __typename }"}, authorization="Bearer nobody")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


def test_session_authenticates_where_tokens_are_accepted_too(http: HttpClient, settings: Any) -> None:
    settings.GRAPHQL_API = BEARER
    assert http.execute("{ __typename }").status_code == 200
