"""Tasks of the project."""

import time

from celery import shared_task


@shared_task
def add(x, y):
    return x + y


@shared_task
def total(numbers):
    return sum(numbers)


@shared_task
def slow(seconds):
    time.sleep(seconds)
    return seconds


@shared_task
def fail():
    raise ValueError("no")
