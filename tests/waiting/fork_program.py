"""Wait for results before a fork, in the child, and in the parent once the child has ended.

Prints which process was woken. Run by a test of notifications: only these wake a waiter.
"""

import os
import sys

import django

django.setup()

from django.db import connections  # noqa: E402 - imported after the setup

from django_celery_results.backends import waiting  # noqa: E402
from tests.celery_app import app  # noqa: E402
from tests.waiting.polls import finishing  # noqa: E402

waiting.SAFETY_PAUSE = 3_600.0


def wait_for_a_task(task_id: str) -> None:
    with finishing(task_id):
        assert app.AsyncResult(task_id).get() == 1


wait_for_a_task("before the fork")
connections.close_all()
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
wait_for_a_task("in the parent" if child else "in the child")
sys.stdout.write("parent\n" if child else "child\n")
sys.stdout.flush()
if not child:
    os._exit(0)
