"""Messages of chord members that a broker delivers more than once."""

from __future__ import annotations

from typing import Any

from celery import Signature
from celery.result import AsyncResult

from tests.workers import Worker, wait_for


def deliver_again(first_member: Signature, body: Signature, result: AsyncResult[Any]) -> None:
    """Publish the first member of a chord again; `result` is that of the chord."""
    message = first_member.clone()
    chord_body = body.clone().set(task_id=result.id)
    message.options |= {"chord": chord_body, "group_id": result.parent.id, "group_index": 0}
    message.apply_async()


def wait_for_deliveries(worker: Worker, task_id: str, count: int) -> None:
    """Wait until the worker has run this task so many times."""
    wait_for(lambda: worker.log.count(f"[{task_id}] succeeded") >= count)
