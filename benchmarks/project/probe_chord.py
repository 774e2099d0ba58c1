"""Prints the seconds that a chord of N empty members takes, from sending it to the result of its body.

Arguments: queue, number of members.
"""

import sys
import time

import django
from bench_app import count, noop
from celery import chord

django.setup()
queue, number = sys.argv[1], int(sys.argv[2])
started = time.perf_counter()
result = chord([noop.s().set(queue=queue) for _ in range(number)])(count.s().set(queue=queue))
assert result.get(timeout=180) == number
print(time.perf_counter() - started)
