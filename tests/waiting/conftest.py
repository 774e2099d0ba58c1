"""The group of results that several test modules read."""

import pytest
from celery.result import AsyncResult

from tests.celery_app import app


@pytest.fixture
def results(db: None) -> list[AsyncResult]:
    """Fifty tasks: all but every fifth have succeeded with their number."""
    ids = [f"member-{number}" for number in range(50)]
    for number, task_id in enumerate(ids):
        if number % 5:
            app.backend.store_result(task_id, number, "SUCCESS")
    return [app.AsyncResult(task_id) for task_id in ids]
