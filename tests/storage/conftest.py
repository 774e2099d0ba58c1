"""Backends and requests as a worker has them, inside the test's process."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from celery.app.task import Context

from django_celery_results import connections as result_connections
from django_celery_results import guarded_write
from django_celery_results.backends import DatabaseBackend
from django_celery_results.backends import started as started_module
from tests.celery_app import app


@pytest.fixture
def backend() -> DatabaseBackend:
    return DatabaseBackend(app)


@pytest.fixture
def as_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process takes itself for a worker, with nothing held back before or after."""
    monkeypatch.setitem(result_connections._state, "is_worker", True)
    monkeypatch.setattr(started_module, "_process", started_module.HeldStarts())
    monkeypatch.setattr(guarded_write, "_shared", set())


def request_of(task_id: str | None = None, **more: Any) -> Context:
    """What a worker knows of a task it runs."""
    task_id = task_id or str(uuid.uuid4())
    told = {
        "id": task_id,
        "task": "tests.tasks.add",
        "args": [1, 2],
        "kwargs": {"key": "value"},
        "argsrepr": "(1, 2)",
        "kwargsrepr": "{'key': 'value'}",
        "hostname": "worker@test",
        "root_id": task_id,
        "delivery_info": {"exchange": "", "routing_key": "fast", "priority": 3, "redelivered": False},
    }
    return Context({**told, **more})
