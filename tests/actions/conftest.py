"""Workers as revokes see them: real ones that are known already, and one that only acknowledges."""

from typing import Any

import pytest

from django_celery_results.actions import control
from tests.celery_app import app
from tests.workers import Worker


@pytest.fixture
def known_worker(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """The shared worker, remembered from an earlier revoke: the next one waits for its reply and no longer."""
    monkeypatch.setattr(control, "remembered", lambda app: frozenset({worker.hostname}))
    return worker


@pytest.fixture
def revoke_broadcasts(known_worker: Worker, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The task ids of each revoke that is broadcast to real workers."""
    broadcasts: list[list[str]] = []
    broadcast = app.control.revoke

    def revoke(ids: list[str], **options: Any) -> Any:
        broadcasts.append(ids)
        return broadcast(ids, **options)

    monkeypatch.setattr(app.control, "revoke", revoke)
    return broadcasts


@pytest.fixture
def acknowledged_broadcasts(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The task ids of each revoke that is broadcast, in place of workers; `worker@a` acknowledges all of them."""
    broadcasts: list[list[str]] = []

    def revoke(ids: list[str], **_: Any) -> Any:
        broadcasts.append(ids)
        return [{"worker@a": {"ok": "flagged"}}]

    control.forget()
    monkeypatch.setattr(app.control, "revoke", revoke)
    return broadcasts
