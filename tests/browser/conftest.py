"""A real browser on the page, which may talk to nobody but the service."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from tests import services

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        services.missing(f"there is no browser at {CHROMIUM}")
    # Playwright runs an event loop in this thread; the tests themselves are synchronous all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass(kw_only=True)
class Visit:
    """A page, and everything about it that must not happen."""

    page: Page
    origin: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    posted: list[dict[str, str]] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("request", self._requested)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _requested(self, request: Any) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.foreign.append(request.url)
        if request.method == "POST":
            self.posted.append(request.headers)

    def _said(self, message: Any) -> None:
        of_icon = message.location["url"].endswith("/favicon.ico")  # Django's login page names none
        if message.type in ("error", "warning") and not of_icon:
            self.complaints.append(message.text)

    def open(self, query: str | None = None) -> None:
        self.page.goto(self.origin + "/graphql/")
        self.page.wait_for_selector(".graphiql-query-editor .CodeMirror")
        if query is not None:
            self.write(query)

    def text(self, pane: str = "query-editor") -> str:
        """What an editor holds; empty where there is none yet."""
        found: str = self.page.evaluate(
            "pane => document.querySelector(pane)?.CodeMirror?.getValue() ?? ''", f".graphiql-{pane} .CodeMirror"
        )
        return found

    def write(self, query: str) -> None:
        self.page.evaluate(
            "query => document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.setValue(query)", query
        )
        self.page.wait_for_timeout(400)  # GraphiQL looks for the operation's name a little later

    def run(self) -> str:
        """Press the button; the text of the answer."""
        with self.page.expect_response(lambda response: response.request.method == "POST"):
            self.page.click(".graphiql-execute-button")
        self.eventually(lambda: self.text("response").startswith("{"))
        return self.text("response")

    def eventually(self, happened: Callable[[], bool]) -> None:
        # Playwright's own way to wait for a condition evaluates text, which the page's policy forbids.
        deadline = time.monotonic() + 10
        while not happened():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(50)


@contextmanager
def visiting(browser: Browser, origin: str, user: Any, **context_options: Any) -> Iterator[Visit]:
    """A logged in visitor. Whatever the test did, nobody else was asked and nothing was complained of."""
    client = Client()
    client.force_login(user)
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context_options})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": origin}])
    found = Visit(page=context.new_page(), origin=origin)
    found.page.set_default_timeout(15_000)
    found.watch()
    yield found
    if folder := os.environ.get("SCREENSHOTS"):
        name = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0]
        found.page.screenshot(path=Path(folder) / f"{name}.png")
    context.close()
    assert found.foreign == []
    assert found.complaints == []


@pytest.fixture
def visit(browser: Browser, live_server: Any, admin_user: Any) -> Iterator[Visit]:
    """The test project's administrator."""
    with visiting(browser, live_server.url, admin_user) as found:
        yield found


@pytest.fixture
def served(built_dashboard: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, live_server: Any) -> str:
    """Where the demo's pages are served with the dashboard as built from the sources as they are."""
    monkeypatch.setenv("DEMO_DASHBOARD", str(built_dashboard))
    settings.ROOT_URLCONF = "demo.urls"
    settings.LOGIN_URL = "admin:login"
    settings.STATICFILES_DIRS = [("dashboard", str(built_dashboard))]
    return str(live_server.url)


@pytest.fixture
def dash(browser: Browser, served: str, admin_user: Any) -> Iterator[Page]:
    """The dashboard's page of somebody who may do everything."""
    with visiting(browser, served, admin_user, base_url=served) as found:
        yield found.page
