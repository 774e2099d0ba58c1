"""Fills the table with N rows, half of them expired, and prunes: prints seconds, memory, longest statement.

Arguments: number of rows, "ours" or "old" or "raw" (one DELETE of all, through the driver).
"""

import json
import resource
import sys
import time

import django
from bench_app import app

django.setup()

from django.db import connection  # noqa: E402

number, how = int(sys.argv[1]), sys.argv[2]
app.conf.result_expires = 3600
with connection.cursor() as cursor:
    cursor.execute("TRUNCATE django_celery_results_taskresult")
    cursor.execute(
        """INSERT INTO django_celery_results_taskresult
           (task_id, status, content_type, content_encoding, result, date_done, date_created, task_name, worker, meta)
           SELECT 'bench-' || n, 'SUCCESS', 'application/json', 'utf-8', '"' || repeat('x', 100) || '"', at, at,
                  'bench_app.noop', 'worker@bench', '{"children": []}'
           FROM (SELECT n, now() - CASE WHEN n <= %s THEN interval '2 days' ELSE interval '1 minute' END
                         + n * interval '50 microseconds' AS at
                 FROM generate_series(1, %s) AS n) AS rows""",
        [number // 2, number],
    )
    cursor.execute("VACUUM ANALYZE django_celery_results_taskresult")

longest = 0.0


def clocked(execute, sql, params, many, context):
    global longest
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        longest = max(longest, time.perf_counter() - started)


def prune() -> None:
    if how == "raw":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_celery_results_taskresult WHERE date_done < now() - interval '1 hour'")
    else:
        app.backend.cleanup()


idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with connection.execute_wrapper(clocked):
    started = time.perf_counter()
    prune()
    seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM django_celery_results_taskresult")
    assert cursor.fetchone() == (number - number // 2,)
print(json.dumps({"seconds": seconds, "peak_mb": peak / 1024, "longest_ms": longest * 1000}))
