"""Five greenlets wait for tasks which another one finishes only after greenlets had many turns beside the waiters.

Prints the results. Run by a test of notifications, in a process where gevent has patched everything. A waiter that
blocks the process, or is not woken, never ends.
"""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402 - all that follows must be imported patched
import uuid  # noqa: E402

import django  # noqa: E402
import gevent  # noqa: E402

django.setup()

from django_celery_results.backends import waiting  # noqa: E402
from tests.celery_app import app  # noqa: E402
from tests.waiting.polls import on_each_poll  # noqa: E402

waiting.SAFETY_PAUSE = 3_600.0
ids = [uuid.uuid4().hex for _ in range(5)]
polled: list[int] = []


def wait(task_id: str) -> int:
    return app.AsyncResult(task_id).get()


def finish_when_all_wait() -> None:
    while len(polled) < len(ids):
        gevent.sleep(0.01)
    for _ in range(20):
        gevent.sleep(0.01)
    for task_id in ids:
        app.backend.store_result(task_id, 1, "SUCCESS")


with on_each_poll(polled.append):
    finisher = gevent.spawn(finish_when_all_wait)
    waiters = [gevent.spawn(wait, task_id) for task_id in ids]
    gevent.joinall([finisher, *waiters], raise_error=True)
sys.stdout.write(str([waiter.value for waiter in waiters]))
