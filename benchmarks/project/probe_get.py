"""Prints the median milliseconds that `AsyncResult.get()` takes beyond the task's own time.

Arguments: queue, seconds the task takes, number of tasks.
"""

import statistics
import sys
import time

import django
from bench_app import one, sleep

django.setup()
queue, seconds, number = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])


def overhead() -> float:
    started = time.perf_counter()
    sent = sleep.apply_async((seconds,), queue=queue) if seconds else one.apply_async(queue=queue)
    sent.get(timeout=60)
    return (time.perf_counter() - started - seconds) * 1000


overhead()
print(statistics.median(overhead() for _ in range(number)))
