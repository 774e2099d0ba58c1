"""Chromium, and pages that are visited in it."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from celery.app.control import Control
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import services
from tests.browser.visits import Visit, visit_as
from tests.dashboard import DASHBOARD, ROOT
from tests.workers import PATIENCE, Worker

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
    """Chromium without a window; Playwright waits generously, as all cores may be busy."""
    if not CHROMIUM.exists():
        services.missing(f"there is no browser at {CHROMIUM}")
    expect.set_options(timeout=PATIENCE * 1000)
    # Playwright runs an event loop in this thread; the tests themselves are synchronous all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS), timeout=PATIENCE * 1000)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visit(browser: Browser, live_server: Any, admin_user: Any) -> Iterator[Visit]:
    """A visit of the test project as its superuser."""
    with visit_as(browser, live_server.url, admin_user) as visit:
        yield visit


@pytest.fixture
def demo_urls(built_dashboard: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve the URLs of the demo, with the dashboard as it is built from its present sources."""
    monkeypatch.setenv("DEMO_DASHBOARD", str(built_dashboard))
    settings.ROOT_URLCONF = "demo.urls"
    settings.LOGIN_URL = "admin:login"
    settings.STATICFILES_DIRS = [("dashboard", str(built_dashboard))]


@pytest.fixture
def visit_dashboard_as(browser: Browser, demo_urls: None, live_server: Any) -> Callable[..., Any]:
    """Visit the dashboard with a session of the user that is given."""
    return partial(visit_as, browser, live_server.url)


@pytest.fixture
def dashboard(visit_dashboard_as: Callable[..., Any], admin_user: Any) -> Iterator[Page]:
    """A page of the dashboard, visited as a superuser."""
    with visit_dashboard_as(admin_user) as visit:
        yield visit.page


@pytest.fixture
def axe(npm: Callable[..., Path]) -> str:
    """The source of axe, which checks pages for accessibility."""
    packages = npm(ROOT / DASHBOARD, "package*.json") / "node_modules"
    return (packages / "axe-core" / "axe.min.js").read_text()


@pytest.fixture
def revoking_worker(embedded_worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """A worker whose reply to a revoke is awaited for as long as it takes, instead of two seconds."""
    broadcast = Control.broadcast

    def patient_broadcast(self: Control, *args: Any, **options: Any) -> Any:
        if options.get("reply"):
            options |= {"timeout": PATIENCE, "limit": options.get("limit") or 1}
        return broadcast(self, *args, **options)

    monkeypatch.setattr(Control, "broadcast", patient_broadcast)
    return embedded_worker
