"""A million rows: no statement takes long, and memory stays flat."""

import logging
import time
import tracemalloc
from typing import Any

import pytest
from django.db import connection

from django_celery_results.models import TaskResult
from django_celery_results.retention import Ages, prune

logger = logging.getLogger(__name__)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.heavy, pytest.mark.timeout(1_800)]

ROWS = 1_000_000
HALF = ROWS // 2
FILL = {
    "postgresql": "FROM generate_series(1, %s) AS number",
    "mysql": "FROM (SELECT seq AS number FROM seq_1_to_100000000 WHERE seq <= %s) AS numbers",
    "sqlite": "FROM (WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < %s)"
    " SELECT number FROM n)",
}
LATER = {
    "postgresql": "now() - interval '10 days' + number * interval '1 second'",
    "mysql": "now(6) - interval 10 day + interval number second",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '-10 days', '+' || number || ' seconds')",
}


def fill() -> None:
    vendor = connection.vendor
    columns = "task_id, status, content_type, content_encoding, result, date_created, date_done"
    name = "'task-' || number" if vendor != "mysql" else "concat('task-', number)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TaskResult._meta.db_table} ({columns})"
            f" SELECT {name}, 'SUCCESS', 'application/json', 'utf-8', '1', {LATER[vendor]}, {LATER[vendor]}"
            f" {FILL[vendor]}",
            [ROWS],
        )
        if vendor == "postgresql":
            cursor.execute(f"VACUUM ANALYZE {TaskResult._meta.db_table}")


def test_half_a_million_of_a_million_rows_expire() -> None:
    fill()
    cut = TaskResult.objects.order_by("date_done").values_list("date_done", flat=True)[HALF]
    age = time.time() - cut.timestamp()
    times: list[float] = []

    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.monotonic()
        try:
            return execute(sql, params, many, context)
        finally:
            times.append(time.monotonic() - started)

    tracemalloc.start()
    with connection.execute_wrapper(timed):
        started = time.monotonic()
        pruned = prune(Ages(default=age))
        took = time.monotonic() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    logger.info("%.1f s, longest statement %.3f s, peak %.1f MB", took, max(times), peak / 1e6)
    assert abs(pruned.task_results - HALF) < 1_000
    assert TaskResult.objects.count() == ROWS - pruned.task_results
    assert peak < 10e6
    assert sorted(times)[len(times) // 2] < 0.1
