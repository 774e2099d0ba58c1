"""Publish tasks of every kind, wait for the running workers, and print the results."""

import json

from celery import chord, group
from django_setup import app  # noqa: F401
from warehouse.tasks import add, fail, total

SECONDS = 120

singles = [add.delay(number, 1) for number in range(24)]
failing = fail.delay()
members = group(add.s(number, 2) for number in range(12))()
body = chord([add.s(number, 3) for number in range(8)], total.s())()

print(json.dumps({
    "singles": [each.get(timeout=SECONDS) for each in singles],
    "failing": repr(failing.get(timeout=SECONDS, propagate=False)),
    "group": members.get(timeout=SECONDS),
    "chord": body.get(timeout=SECONDS),
}))  # fmt: skip
