"""Prints JSON: milliseconds that a group of N finished tasks takes to be joined, asked and counted.

Arguments: number of tasks, number of rounds.
"""

import gc
import json
import statistics
import sys
import time
import uuid

import django
from bench_app import app

django.setup()

from celery.result import AsyncResult, GroupResult  # noqa: E402

number, rounds = int(sys.argv[1]), int(sys.argv[2])
ids = [uuid.uuid4().hex for _ in range(number)]
for task_id in ids:
    app.backend.store_result(task_id, 1, "SUCCESS")
seen: dict[str, list[float]] = {"get": [], "ready": [], "completed_count": []}
for _ in range(rounds):
    for name, values in seen.items():
        group = GroupResult(uuid.uuid4().hex, [AsyncResult(task_id, app=app) for task_id in ids], app=app)
        gc.collect()  # what was left by earlier rounds is nobody's cost
        started = time.perf_counter()
        answer = getattr(group, name)()
        values.append((time.perf_counter() - started) * 1000)
        assert answer == {"get": [1] * number, "ready": True, "completed_count": number}[name], name
print(json.dumps({name: statistics.median(values) for name, values in seen.items()}))
