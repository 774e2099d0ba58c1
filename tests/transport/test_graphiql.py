"""GraphiQL, the page that browsers are shown: its Content-Security-Policy, its static files, its first query."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template.loader import render_to_string
from graphql import GraphQLSchema, parse, validate

from tests.transport.http_client import BROWSER_ACCEPT, HttpClient, installed_documents

pytestmark = pytest.mark.any_database

CSP_MIDDLEWARES = ["tests.transport.authentication.content_security_policy_middleware"]
if django.VERSION >= (6,):
    CSP_MIDDLEWARES.append("django.middleware.csp.ContentSecurityPolicyMiddleware")


class PageReader(HTMLParser):
    """Collects the attributes of elements that have an id."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str | None, dict[str, str | None]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.attributes[found.get("id")] = found


def get_page(http: HttpClient) -> Any:
    return http.request("GET", headers={"accept": BROWSER_ACCEPT})


def test_browser_is_shown_graphiql_with_a_strict_content_security_policy(http: HttpClient) -> None:
    response = get_page(http)
    assert response["Content-Type"] == "text/html; charset=utf-8"
    (nonce,) = re.findall(rb'data-nonce="([^"]+)"', response.content)
    assert response["Content-Security-Policy"] == (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce.decode()}'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_nonce_differs_in_every_response(http: HttpClient) -> None:
    assert get_page(http)["Content-Security-Policy"] != get_page(http)["Content-Security-Policy"]


def test_page_sets_the_csrf_cookie(http: HttpClient) -> None:
    assert "csrftoken" in get_page(http).cookies


def test_page_loads_only_its_own_static_files(http: HttpClient) -> None:
    addresses = re.findall(rb'(?:src|href)="([^"]+)"', get_page(http).content)
    prefix = f"/{django_settings.STATIC_URL.strip('/')}/"
    files = [address.decode().removeprefix(prefix) for address in addresses if not address.startswith(b"data:")]
    assert files == ["graphql_api/graphiql.css", "graphql_api/graphiql.js"]
    assert all(finders.find(file) for file in files)


def test_content_security_policy_allows_the_host_of_static_files(http: HttpClient, settings: Any) -> None:
    settings.STATIC_URL = "https://files.example/static/"
    csp = get_page(http)["Content-Security-Policy"]
    assert "script-src https://files.example;" in csp


def test_graphiql_setting_off_refuses_the_page(http: HttpClient, settings: Any) -> None:
    settings.GRAPHQL_API = {"GRAPHIQL": False}
    response = get_page(http)
    assert (response.status_code, response["Content-Type"]) == (400, "application/json; charset=utf-8")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/plain", "text/html;q=0.1, application/json"])
def test_client_that_prefers_json_is_never_shown_the_page(http: HttpClient, accept: str) -> None:
    response = http.request("GET", "?query={__typename}", headers={"accept": accept})
    assert not response["Content-Type"].startswith("text/html")


def test_default_query_is_valid() -> None:
    schema: GraphQLSchema = installed_documents().schema
    assert validate(schema, parse(render_to_string("graphql_api/default_query.graphql"))) == []


def test_default_query_of_a_project_cannot_end_the_attribute_that_holds_it(
    http: HttpClient, settings: Any, tmp_path: Path
) -> None:
    query = """{ taskResults(filter: {taskName: {eq: "<b>&'"}}) { nodes { taskId } } }"""
    (tmp_path / "graphql_api").mkdir()
    (tmp_path / "graphql_api" / "default_query.graphql").write_text(query)
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path]}]
    page = PageReader()
    page.feed(get_page(http).content.decode())
    assert page.attributes["graphiql"]["data-default-query"] == query


@pytest.mark.parametrize("middleware", CSP_MIDDLEWARES)
def test_content_security_policy_of_the_project_does_not_replace_that_of_the_page(
    http: HttpClient, settings: Any, middleware: str
) -> None:
    settings.SECURE_CSP = {"default-src": ["'self'"]}
    settings.MIDDLEWARE = [middleware, *settings.MIDDLEWARE]
    assert get_page(http)["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src")
    assert http.execute("{ __typename }")["Content-Security-Policy"] == "default-src 'self'"


def test_bundle_is_one_script_and_one_stylesheet_without_fonts() -> None:
    folder = Path(str(finders.find("graphql_api/graphiql.js"))).parent
    assert {path.name for path in folder.iterdir()} == {"graphiql.js", "graphiql.css", "THIRD_PARTY_LICENSES.txt"}
    assert "@font-face" not in (folder / "graphiql.css").read_text()


def test_page_uses_hashed_static_file_names(http: HttpClient, settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    storage = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin"])
    names = re.findall(
        rb'(?:src|href)="/?static/(graphql_api/graphiql\.[0-9a-f]{12}\.(?:css|js))"', get_page(http).content
    )
    assert len(names) == 2
    assert all((tmp_path / name.decode()).exists() for name in names)
