"""Cross-site requests: refused for sessions unless their origin is trusted; forms need a CSRF token."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.middleware.csrf import get_token
from django.test import RequestFactory

from tests.transport.http_client import FORM, HttpClient, error_code

pytestmark = pytest.mark.any_database

BEARER = {"AUTHENTICATE": "tests.transport.authentication.bearer"}
QUERY = {"query": "{ __typename }"}
FORM_BODY = b"query={__typename}"
DATA = {"data": {"__typename": "Query"}}


def test_json_of_a_session_needs_no_csrf_token(http: HttpClient) -> None:
    assert http.post(QUERY).json() == DATA


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_cross_site_request_is_refused(http: HttpClient, method: str) -> None:
    response = http.request(
        method,
        "?query={__typename}",
        b'{"query": "{ __typename }"}',
        content_type="application/json",
        headers={"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    )
    assert (response.status_code, error_code(response)) == (403, "CSRF_FAILED")


@pytest.mark.parametrize("site", ["same-origin", "same-site", "none"])
def test_same_site_request_is_accepted(http: HttpClient, site: str) -> None:
    assert http.post(QUERY, sec_fetch_site=site).json() == DATA


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
def test_cross_site_request_is_accepted_from_trusted_origins_only(
    http: HttpClient, settings: Any, origin: str, status: int
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example", "https://*.friends.example"]
    assert http.post(QUERY, sec_fetch_site="cross-site", origin=origin).status_code == status


def test_cross_site_request_with_a_token_is_accepted(
    anonymous_http: HttpClient, admin_user: User, settings: Any
) -> None:
    settings.GRAPHQL_API = BEARER
    response = anonymous_http.post(
        QUERY,
        authorization=f"Bearer {admin_user.username}",
        sec_fetch_site="cross-site",
        origin="https://app.example",
    )
    assert response.json() == DATA


def test_form_of_a_session_without_a_csrf_token_is_refused(http: HttpClient) -> None:
    response = http.post(FORM_BODY, content_type=FORM)
    assert (response.status_code, error_code(response)) == (403, "CSRF_FAILED")


def test_form_with_djangos_csrf_token_is_accepted(http: HttpClient) -> None:
    request = RequestFactory().get("/")
    token = get_token(request)
    http.client.cookies["csrftoken"] = request.META["CSRF_COOKIE"]
    assert http.post(FORM_BODY, content_type=FORM, x_csrftoken=token).json() == DATA


@pytest.mark.parametrize("header", ["apollo_require_preflight", "graphql_require_preflight", "x_requested_with"])
def test_form_with_a_header_that_needs_a_preflight_is_accepted(http: HttpClient, header: str) -> None:
    assert http.post(FORM_BODY, content_type=FORM, **{header: "1"}).json() == DATA


def test_form_of_a_user_authenticated_by_middleware_is_refused(
    anonymous_http: HttpClient, admin_user: User, settings: Any
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.transport.authentication.certificate_middleware"]
    certificate = {"x_certificate": admin_user.username}
    assert anonymous_http.post(QUERY, **certificate).json() == DATA
    response = anonymous_http.post(FORM_BODY, content_type=FORM, **certificate)
    assert (response.status_code, error_code(response)) == (403, "CSRF_FAILED")


def test_form_with_a_token_needs_no_csrf_token(anonymous_http: HttpClient, admin_user: User, settings: Any) -> None:
    settings.GRAPHQL_API = BEARER
    response = anonymous_http.post(FORM_BODY, content_type=FORM, authorization=f"Bearer {admin_user.username}")
    assert response.json() == DATA


@pytest.mark.parametrize(
    "authorization",
    [None, "Basic x", "Digest x", "NTLM x", "negotiate x", "", "Basic\tx", " basic  x", "Basic,Bearer x"],
)
def test_user_found_by_what_a_browser_repeats_is_checked_as_a_session_is(
    anonymous_http: HttpClient, admin_user: User, settings: Any, authorization: str | None
) -> None:
    settings.GRAPHQL_API = {"AUTHENTICATE": "tests.transport.authentication.by_cookie"}
    anonymous_http.client.cookies["token"] = admin_user.username
    repeated = {} if authorization is None else {"authorization": authorization}
    assert anonymous_http.post(QUERY, **repeated).json() == DATA
    form = anonymous_http.post(FORM_BODY, content_type=FORM, **repeated)
    cross_site = anonymous_http.post(QUERY, sec_fetch_site="cross-site", origin="https://evil.example", **repeated)
    for response in (form, cross_site):
        assert (response.status_code, error_code(response)) == (403, "CSRF_FAILED")


@pytest.mark.parametrize(
    ("scheme", "status"),
    [
        ("Bearer", 200),
        ("Token", 200),
        ("Basic", 403),
        ("basic", 403),
        ("Digest", 403),
        ("NTLM", 403),
        ("Negotiate", 403),
    ],
)
def test_only_schemes_that_no_browser_repeats_need_no_csrf_token(
    anonymous_http: HttpClient, admin_user: User, settings: Any, scheme: str, status: int
) -> None:
    settings.GRAPHQL_API = {"AUTHENTICATE": "tests.transport.authentication.by_any_scheme"}
    authorization = f"{scheme} {admin_user.username}"
    assert anonymous_http.post(FORM_BODY, content_type=FORM, authorization=authorization).status_code == status
