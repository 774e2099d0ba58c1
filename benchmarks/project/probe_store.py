"""Prints JSON: first writes and updates per second of `store_result`, and of the raw driver's prepared upsert.

A first write is that of a short task, whose STARTED we were told before and hold back; the 2.x package is not made to
write that. Arguments: number of rows, bytes of the result, rounds; all are interleaved in this one process.
"""

import json
import os
import statistics
import sys
import time
import uuid

import django
from bench_app import app

django.setup()

from celery import signals  # noqa: E402
from celery.app.task import Context  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from raw_upsert import raw_upsert  # noqa: E402

number, size, rounds = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
payload = "x" * size
is_ours = hasattr(app.backend, "stores_by_statement")
requests: dict[str, Context] = {}
signals.worker_process_init.send(sender=None)  # store as the child of a worker does, on the connection it keeps


def request_of(task_id: str) -> Context:
    delivery = {"exchange": "", "routing_key": "celery", "priority": 0, "redelivered": False}
    return Context(
        id=task_id, task="bench_app.noop", args=[1], kwargs={}, argsrepr="(1,)", kwargsrepr="{}", retries=0,
        hostname="worker@bench", delivery_info=delivery, root_id=task_id, parent_id=None, ignore_result=False,
    )  # fmt: skip


def ids() -> list[str]:
    """New tasks, whose requests a worker has before it stores anything."""
    made = [uuid.uuid4().hex for _ in range(number)]
    requests.clear()
    requests.update((task_id, request_of(task_id)) for task_id in made)
    return made


def store(task_id: str) -> None:
    app.backend.store_result(task_id, payload, "SUCCESS", request=requests[task_id])


def start(task_id: str) -> None:
    app.backend.store_result(task_id, {"pid": 1, "hostname": "worker@bench"}, "STARTED", request=requests[task_id])


def started(*, merge_after: float) -> list[str]:
    """New tasks that were said to run; the first write of STARTED waits so many seconds for the next state."""
    task_ids = ids()
    merging = {**settings.DJANGO_CELERY_RESULTS, "MERGE_STARTED_AFTER": merge_after}
    with override_settings(DJANGO_CELERY_RESULTS=merging):
        for task_id in task_ids:
            start(task_id)
    return task_ids


def rate(write, task_ids: list[str]) -> float:
    started = time.perf_counter()
    for task_id in task_ids:
        write(task_id)
    return len(task_ids) / (time.perf_counter() - started)


raw = raw_upsert(connection.vendor, connection.settings_dict["NAME"], json.dumps(payload))
seen: dict[str, list[float]] = {"first": [], "update": [], "raw_first": [], "raw_update": []}
for _ in range(rounds):
    seen["first"].append(rate(store, started(merge_after=600) if is_ours else ids()))
    seen["update"].append(rate(store, started(merge_after=0)))
    begun = ids()
    seen["raw_first"].append(rate(raw, begun))
    seen["raw_update"].append(rate(raw, begun))
print(json.dumps({name: statistics.median(values) for name, values in seen.items()} | {"pid": os.getpid()}))
