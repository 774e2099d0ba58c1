"""Pruning half of a million rows: each statement deletes one batch, and memory does not grow with the rows."""

import tracemalloc
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from django_celery_results.batches import Batches
from django_celery_results.models import TaskResult
from django_celery_results.retention import Ages, prune

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.heavy, pytest.mark.timeout(1_800)]

ROWS = 1_000_000
HALF = ROWS // 2
FILL = {
    "postgresql": "FROM generate_series(1, %s) AS number",
    "mysql": "FROM (SELECT seq AS number FROM seq_1_to_100000000 WHERE seq <= %s) AS numbers",
    "sqlite": "FROM (WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < %s)"
    " SELECT number FROM n)",
}
# SQLite compares dates as text: six digits after the point, as Django writes them.
DATE_OF_ROW = {
    "postgresql": "now() - interval '10 days' + number * interval '1 second'",
    "mysql": "now(6) - interval 10 day + interval number second",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '-10 days', '+' || number || ' seconds') || '000'",
}


def fill() -> None:
    vendor = connection.vendor
    columns = "task_id, status, content_type, content_encoding, result, date_created, date_done"
    name = "'task-' || number" if vendor != "mysql" else "concat('task-', number)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {TaskResult._meta.db_table} ({columns})"
            f" SELECT {name}, 'SUCCESS', 'application/json', 'utf-8', '1', {DATE_OF_ROW[vendor]}, {DATE_OF_ROW[vendor]}"
            f" {FILL[vendor]}",
            [ROWS],
        )
        if vendor == "postgresql":
            cursor.execute(f"VACUUM ANALYZE {TaskResult._meta.db_table}")


def test_prune_deletes_half_a_million_rows_in_batches_and_constant_memory() -> None:
    fill()
    cut = TaskResult.objects.order_by("date_done").values_list("date_done", flat=True)[HALF]
    age = (timezone.now() - cut).total_seconds()
    deleted: list[int] = []

    def count_deleted(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("DELETE"):
            deleted.append(context["cursor"].rowcount)
        return result

    tracemalloc.start()
    try:
        with connection.execute_wrapper(count_deleted):
            pruned = prune(Ages(default=age))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # While this test runs, which pytest ends after 1800 s, one more row expires each second.
    assert HALF <= pruned.task_results < HALF + 1_800
    assert TaskResult.objects.count() == ROWS - pruned.task_results
    assert max(deleted) <= Batches().size
    assert peak < 10e6
