"""Five greenlets wait for tasks that a sixth one finishes a second later, while a seventh counts that time goes on.

Prints the longest wait in seconds and the count. Run by a test, in a process where gevent has patched everything.
"""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402 - all that follows must be imported patched
import time  # noqa: E402
import uuid  # noqa: E402

import django  # noqa: E402
import gevent  # noqa: E402

django.setup()

from django_celery_results.backends import waiting  # noqa: E402
from tests.celery_app import app  # noqa: E402

waiting.SAFETY_PAUSE = 60.0
ids = [uuid.uuid4().hex for _ in range(5)]
counted = 0


def count() -> None:
    global counted
    while True:
        gevent.sleep(0.02)
        counted += 1


def wait(task_id: str) -> float:
    began = time.monotonic()
    app.AsyncResult(task_id).get(timeout=30)
    return time.monotonic() - began


def finish() -> None:
    gevent.sleep(1)
    for task_id in ids:
        app.backend.store_result(task_id, 1, "SUCCESS")


gevent.spawn(count)
gevent.spawn(finish)
waiters = [gevent.spawn(wait, task_id) for task_id in ids]
gevent.joinall(waiters)
sys.stdout.write(f"{max(waiter.value for waiter in waiters)} {counted}")
