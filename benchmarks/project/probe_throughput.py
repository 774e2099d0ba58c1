"""Publishes N tasks, lets the waiting worker consume them and prints the tasks per second it finished.

Arguments: queue, node, number of tasks, and the name of the task unless it is `noop`.
"""

import sys
import time
from collections.abc import Callable

import django
from bench_app import app

django.setup()

queue, node, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
task = app.tasks[f"bench_app.{(sys.argv[4:] or ['noop'])[0]}"]
to_node = {"destination": [node], "timeout": 2.0}


def finished() -> int:
    stats = app.control.inspect(**to_node).stats() or {}
    return sum(stats.get(node, {}).get("total", {}).values())


def idle() -> bool:
    inspect = app.control.inspect(**to_node)
    return not any((inspect.active() or {node: [1]}).get(node, [1])) and not any(
        (inspect.reserved() or {}).get(node, [])
    )


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        if time.monotonic() - started > 300:
            sys.exit("the worker did not finish in 300 s")
        time.sleep(0.02)


with app.producer_pool.acquire(block=True) as producer:
    for _ in range(number):
        task.apply_async((1, "two"), queue=queue, producer=producer)
started = time.monotonic()
app.control.add_consumer(queue, reply=True, **to_node)
with app.connection_for_read() as broker:
    # The broker is asked while there is a queue: each answer of the worker would keep it from its tasks.
    until(lambda: broker.default_channel.queue_declare(queue).message_count == 0)
until(lambda: finished() >= number and idle())
print(number / (time.monotonic() - started))
