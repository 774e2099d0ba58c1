"""A task that locks its own row in a transaction and reports progress never waits for itself."""

import json
from itertools import product
from typing import Any

import pytest
from celery import group
from django.db import connection

from django_celery_results.models import TaskResult
from tests.tasks import report_in_transaction
from tests.workers import PATIENCE, RunWorker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="on SQLite nobody keeps a connection"),
]
PERSISTENT = json.dumps({"CONN_MAX_AGE": 600})


@pytest.mark.parametrize(
    ("results", "env"),
    [({"KEEP_CONNECTION": True}, {}), ({}, {"DATABASE_MORE": PERSISTENT})],
    ids=["KEEP_CONNECTION", "CONN_MAX_AGE"],
)
def test_task_that_locks_its_own_row_reports_progress_without_waiting(
    results: dict[str, Any], env: dict[str, str], run_worker: RunWorker
) -> None:
    ways = list(product(("block", "autocommit"), ("update", "lock")))
    with run_worker(concurrency=1, results={**results, "MERGE_STARTED_AFTER": 0}, env=env) as worker:
        sent = group(report_in_transaction.s(*way).set(queue=worker.queue) for way in ways).apply_async()
        assert sent.get(timeout=PATIENCE) == [", ".join(way) for way in ways]
    assert set(TaskResult.objects.values_list("status", flat=True)) == {"SUCCESS"}
