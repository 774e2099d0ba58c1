"""Visit pages in Chromium, and record what a page must not do: ask other hosts, or complain in the console."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.test import Client
from playwright.sync_api import Browser, Page

from tests.workers import PATIENCE


@dataclass(kw_only=True)
class Visit:
    """A page in the browser, and what it requested and wrote to the console. `visit_as` creates it."""

    page: Page
    origin: str
    foreign_requests: list[str] = field(default_factory=list)
    console_errors: list[str] = field(default_factory=list)
    posted_headers: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._record_request)
        self.page.on("console", self._record_message)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))

    def log_in(self, user: Any) -> None:
        """Give the browser a session of this user."""
        client = Client()
        client.force_login(user)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.origin}
        self.page.context.add_cookies([cookie])

    def _record_request(self, request: Any) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.foreign_requests.append(request.url)
        if request.method == "POST":
            self.posted_headers.append(request.headers)

    def _record_message(self, message: Any) -> None:
        is_about_icon = message.location["url"].endswith("/favicon.ico")  # Django's login page names none
        if message.type in ("error", "warning") and not is_about_icon:
            self.console_errors.append(message.text)


@contextmanager
def visit_as(browser: Browser, origin: str, user: Any, **context_options: Any) -> Iterator[Visit]:
    """Open a page with a session of this user; fail at the end for foreign requests and console errors."""
    options = {"viewport": {"width": 1280, "height": 800}, "base_url": origin} | context_options
    context = browser.new_context(**options)
    visit = Visit(page=context.new_page(), origin=origin)
    visit.page.set_default_timeout(PATIENCE * 1000)
    visit.log_in(user)
    yield visit
    if folder := os.environ.get("SCREENSHOTS"):
        name = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1].split(" ")[0]
        visit.page.screenshot(path=Path(folder) / f"{name}.png")
    context.close()
    assert visit.foreign_requests == []
    assert visit.console_errors == []


def wait_until(page: Page, condition: Callable[[], Any], pause: int = 50) -> None:
    """Wait until the condition is true; the browser goes on in pauses of so many milliseconds.

    Playwright's own wait for a condition evaluates text in the page, which our content security policy forbids.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{condition} did not become true within {PATIENCE} s"
        page.wait_for_timeout(pause)


def serious_violations(page: Page, axe: str, part: str = "body") -> list[str]:
    """Return what axe finds in this part of the page that keeps users from reading or using it."""
    page.wait_for_selector(part)
    page.evaluate(axe)
    violations = page.evaluate("async part => (await axe.run(part)).violations", part)
    return [
        f"{violation['id']}: {[node['html'] for node in violation['nodes']]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]
