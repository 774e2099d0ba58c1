"""Prints JSON: milliseconds of `AsyncResult.state` and of the raw driver's select of the same columns.

Argument: number of reads.
"""

import json
import statistics
import sys
import time
import uuid

import django
from bench_app import app

django.setup()

from celery.result import AsyncResult  # noqa: E402
from django.db import connection  # noqa: E402

number = int(sys.argv[1])
task_id = uuid.uuid4().hex
app.backend.store_result(task_id, {"pid": 1}, "STARTED")
connection.ensure_connection()
columns = "status, result, traceback, meta, task_args, task_kwargs, task_name, worker, date_done, content_type"
sql = f"SELECT {columns} FROM django_celery_results_taskresult WHERE task_id = %s"
raw = connection.connection.cursor()


def state() -> None:
    assert AsyncResult(task_id, app=app).state == "STARTED"


def select() -> None:
    raw.execute(sql, [task_id])
    assert raw.fetchone()[0] == "STARTED"


def milliseconds(ask) -> float:
    started = time.perf_counter()
    ask()
    return (time.perf_counter() - started) * 1000


seen: dict[str, list[float]] = {"state": [], "raw": []}
for _ in range(number):
    seen["state"].append(milliseconds(state))
    seen["raw"].append(milliseconds(select))
print(json.dumps({name: statistics.median(values) for name, values in seen.items()}))
