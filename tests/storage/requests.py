"""Requests of tasks, as a worker hands them to the backend."""

import uuid
from typing import Any

from celery.app.task import Context


def task_request(task_id: str | None = None, **fields: Any) -> Context:
    """Return the request of a running task; the id is new unless given, `fields` replace others."""
    task_id = task_id or str(uuid.uuid4())
    usual = {
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
    return Context({**usual, **fields})
