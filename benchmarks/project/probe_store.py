"""Prints JSON: first writes and updates per second of `store_result`, and of the raw driver's prepared upsert.

Arguments: number of rows, bytes of the result. Rounds are interleaved here, as one process holds both connections.
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
from django.db import connection  # noqa: E402
from raw_upsert import raw_upsert  # noqa: E402

number, size, rounds = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
payload = "x" * size
signals.worker_process_init.send(sender=None)  # store as the child of a worker does, on the connection it keeps


def request_of(task_id: str) -> Context:
    delivery = {"exchange": "", "routing_key": "celery", "priority": 0, "redelivered": False}
    return Context(
        id=task_id, task="bench_app.noop", args=[1], kwargs={}, argsrepr="(1,)", kwargsrepr="{}", retries=0,
        hostname="worker@bench", delivery_info=delivery, root_id=task_id, parent_id=None, ignore_result=False,
    )  # fmt: skip


def store(task_id: str) -> None:
    app.backend.store_result(task_id, payload, "SUCCESS", request=request_of(task_id))


def start(task_id: str) -> None:
    app.backend.store_result(task_id, {"pid": 1}, "STARTED", request=request_of(task_id))


def rate(write, ids: list[str]) -> float:
    started = time.perf_counter()
    for task_id in ids:
        write(task_id)
    return len(ids) / (time.perf_counter() - started)


raw = raw_upsert(connection.vendor, connection.settings_dict["NAME"], json.dumps(payload))
seen: dict[str, list[float]] = {"first": [], "update": [], "raw_first": [], "raw_update": []}
for _ in range(rounds):
    fresh, begun = ([uuid.uuid4().hex for _ in range(number)] for _ in range(2))
    rate(start, begun)
    seen["first"].append(rate(store, fresh))
    seen["update"].append(rate(store, begun))
    fresh, begun = ([uuid.uuid4().hex for _ in range(number)] for _ in range(2))
    rate(raw, begun)
    seen["raw_first"].append(rate(raw, fresh))
    seen["raw_update"].append(rate(raw, begun))
print(json.dumps({name: statistics.median(values) for name, values in seen.items()} | {"pid": os.getpid()}))
