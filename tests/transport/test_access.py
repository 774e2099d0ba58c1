"""Who is let in, and from where."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.middleware.csrf import get_token
from django.test import RequestFactory

from tests.transport.conftest import BROWSER, Service
from tests.transport.test_requests import code

pytestmark = pytest.mark.any_database

FORM = "application/x-www-form-urlencoded"
BEARER = {"AUTHENTICATE": "tests.transport.authentication.bearer"}


def test_an_anonymous_program_gets_a_401(anonymous: Service) -> None:
    response = anonymous.ask("{ __typename }")
    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert response["WWW-Authenticate"] == "Session"


def test_an_anonymous_document_is_not_even_parsed(anonymous: Service) -> None:
    assert anonymous.post(b"[" * 1_000_000).status_code == 401


def test_an_anonymous_browser_is_sent_to_the_login_page(anonymous: Service) -> None:
    response = anonymous.request("GET", "?query={__typename}", headers={"accept": BROWSER})
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={anonymous.path}%3Fquery%3D%257B__typename%257D"


def test_the_login_page_is_a_setting(anonymous: Service, settings: Any) -> None:
    settings.GRAPHQL_API = {"LOGIN_URL": "admin:login"}
    response = anonymous.request("GET", headers={"accept": BROWSER})
    assert response["Location"] == f"/admin/login/?next={anonymous.path}"


def test_a_user_who_was_deactivated_is_anonymous(service: Service, admin_user: User) -> None:
    User.objects.filter(pk=admin_user.pk).update(is_active=False)
    assert service.ask("{ __typename }").status_code == 401


def test_a_token_stands_for_its_user(anonymous: Service, admin_user: User, settings: Any) -> None:
    settings.GRAPHQL_API = BEARER
    response = anonymous.post({"query": "{ __typename }"}, authorization=f"Bearer {admin_user.username}")
    assert response.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("hook", ["bearer", "refusing"])
def test_a_wrong_token_gets_a_401_that_asks_for_one(anonymous: Service, settings: Any, hook: str) -> None:
    settings.GRAPHQL_API = {"AUTHENTICATE": f"tests.transport.authentication.{hook}"}
    response = anonymous.post({"query": "{ __typename }"}, authorization="Bearer nobody")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


def test_sessions_go_on_working_beside_tokens(service: Service, settings: Any) -> None:
    settings.GRAPHQL_API = BEARER
    assert service.ask("{ __typename }").status_code == 200


def test_a_program_with_a_session_needs_no_csrf_token_for_json(service: Service) -> None:
    assert service.post({"query": "{ __typename }"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_site_is_refused(service: Service, method: str) -> None:
    response = service.request(
        method,
        "?query={__typename}",
        b'{"query": "{ __typename }"}',
        content_type="application/json",
        headers={"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    )
    assert (response.status_code, code(response)) == (403, "CSRF_FAILED")


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none"])
def test_the_same_site_is_not_refused(service: Service, site: str) -> None:
    assert service.post({"query": "{ __typename }"}, sec_fetch_site=site).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://app.example", 200),
        ("https://one.friends.example", 200),
        ("http://app.example", 403),
        ("https://app.example.evil.example", 403),
        ("null", 403),
        ("https://[", 403),
    ],
)
def test_other_sites_are_trusted_where_django_trusts_them(
    service: Service, settings: Any, origin: str, status: int
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example", "https://*.friends.example"]
    response = service.post({"query": "{ __typename }"}, sec_fetch_site="cross-site", origin=origin)
    assert response.status_code == status


def test_another_site_may_send_a_token(anonymous: Service, admin_user: User, settings: Any) -> None:
    settings.GRAPHQL_API = BEARER
    response = anonymous.post(
        {"query": "{ __typename }"},
        authorization=f"Bearer {admin_user.username}",
        sec_fetch_site="cross-site",
        origin="https://app.example",
    )
    assert response.status_code == 200


def test_a_form_of_a_session_is_refused_without_a_csrf_token(service: Service) -> None:
    response = service.post(b"query={__typename}", content_type=FORM)
    assert (response.status_code, code(response)) == (403, "CSRF_FAILED")


def test_a_form_is_taken_with_django_s_csrf_token(service: Service) -> None:
    request = RequestFactory().get("/")
    token = get_token(request)
    service.client.cookies["csrftoken"] = request.META["CSRF_COOKIE"]
    response = service.post(b"query={__typename}", content_type=FORM, x_csrftoken=token)
    assert response.json() == {"data": {"__typename": "Query"}}


def test_a_form_is_taken_with_a_header_that_browsers_ask_for_first(service: Service) -> None:
    response = service.post(b"query={__typename}", content_type=FORM, apollo_require_preflight="1")
    assert response.json() == {"data": {"__typename": "Query"}}


def test_a_form_of_a_user_whom_the_server_knows_without_a_cookie_is_refused_too(
    anonymous: Service, admin_user: User, settings: Any
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.transport.authentication.certificate"]
    given = {"x_certificate": admin_user.username}
    assert anonymous.post({"query": "{ __typename }"}, **given).status_code == 200
    response = anonymous.post(b"query={__typename}", content_type=FORM, **given)
    assert (response.status_code, code(response)) == (403, "CSRF_FAILED")


def test_a_form_with_a_token_needs_no_csrf_token(anonymous: Service, admin_user: User, settings: Any) -> None:
    settings.GRAPHQL_API = BEARER
    response = anonymous.post(b"query={__typename}", content_type=FORM, authorization=f"Bearer {admin_user.username}")
    assert response.json() == {"data": {"__typename": "Query"}}
