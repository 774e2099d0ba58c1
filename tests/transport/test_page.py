"""The page that browsers are shown."""

import re
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from graphql import GraphQLSchema, parse, validate

from tests.transport.conftest import BROWSER, Service, documents

pytestmark = pytest.mark.any_database

POLICIES = ["tests.transport.authentication.policy"]
if django.VERSION >= (6,):
    POLICIES.append("django.middleware.csp.ContentSecurityPolicyMiddleware")


def page(service: Service) -> Any:
    return service.request("GET", headers={"accept": BROWSER})


def test_a_browser_gets_graphiql_with_a_policy_of_its_own(service: Service) -> None:
    response = page(service)
    assert response["Content-Type"] == "text/html; charset=utf-8"
    (nonce,) = re.findall(rb'data-nonce="([^"]+)"', response.content)
    assert response["Content-Security-Policy"] == (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce.decode()}'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_no_two_pages_share_a_nonce(service: Service) -> None:
    assert page(service)["Content-Security-Policy"] != page(service)["Content-Security-Policy"]


def test_the_page_sets_the_csrf_cookie(service: Service) -> None:
    assert "csrftoken" in page(service).cookies


def test_every_file_of_the_page_is_ours(service: Service) -> None:
    addresses = re.findall(rb'(?:src|href)="([^"]+)"', page(service).content)
    prefix = f"/{django_settings.STATIC_URL.strip('/')}/"
    files = [address.decode().removeprefix(prefix) for address in addresses if not address.startswith(b"data:")]
    assert files == ["graphql_api/graphiql.css", "graphql_api/graphiql.js"]
    assert all(finders.find(file) for file in files)


def test_files_may_lie_on_another_host(service: Service, settings: Any) -> None:
    settings.STATIC_URL = "https://files.example/static/"
    policy = page(service)["Content-Security-Policy"]
    assert "script-src https://files.example;" in policy


def test_the_page_can_be_switched_off(service: Service, settings: Any) -> None:
    settings.GRAPHQL_API = {"GRAPHIQL": False}
    response = page(service)
    assert (response.status_code, response["Content-Type"]) == (400, "application/json; charset=utf-8")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/plain", "text/html;q=0.1, application/json"])
def test_programs_are_never_shown_the_page(service: Service, accept: str) -> None:
    response = service.request("GET", "?query={__typename}", headers={"accept": accept})
    assert not response["Content-Type"].startswith("text/html")


def test_the_default_query_is_valid() -> None:
    from django.template.loader import render_to_string

    core: GraphQLSchema = documents().schema
    assert validate(core, parse(render_to_string("graphql_api/default_query.graphql"))) == []


@pytest.mark.parametrize("middleware", POLICIES)
def test_a_policy_of_the_project_does_not_replace_the_page_s_own(
    service: Service, settings: Any, middleware: str
) -> None:
    settings.SECURE_CSP = {"default-src": ["'self'"]}
    settings.MIDDLEWARE = [middleware, *settings.MIDDLEWARE]
    assert page(service)["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src")
    assert service.ask("{ __typename }")["Content-Security-Policy"] == "default-src 'self'"


def test_the_page_is_one_script_and_one_sheet_without_fonts() -> None:
    folder = Path(str(finders.find("graphql_api/graphiql.js"))).parent
    assert {path.name for path in folder.iterdir()} == {"graphiql.js", "graphiql.css", "THIRD_PARTY_LICENSES.txt"}
    assert "@font-face" not in (folder / "graphiql.css").read_text()


def test_files_may_bear_the_hash_of_their_content(service: Service, settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    storage = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": storage}}
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin"])
    names = re.findall(
        rb'(?:src|href)="/?static/(graphql_api/graphiql\.[0-9a-f]{12}\.(?:css|js))"', page(service).content
    )
    assert len(names) == 2
    assert all((tmp_path / name.decode()).exists() for name in names)
