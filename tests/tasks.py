"""Tasks that real workers run in tests."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from celery import Signature, Task, shared_task
from celery.exceptions import Ignore, SoftTimeLimitExceeded
from django.db import DatabaseError, connection, connections, transaction

from django_celery_results.models import TaskResult


@shared_task
def add(x: Any, y: Any) -> Any:
    return x + y


@shared_task
def times(x: Any, number: int) -> Any:
    return x * number


@shared_task
def echo(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"args": list(args), "kwargs": kwargs}


@shared_task
def fail(message: str = "no", *args: Any, **kwargs: Any) -> None:
    raise ValueError(message)


@shared_task
def leave_open(how: str, *, fails: bool) -> str:
    """End within a transaction that a failed statement has broken."""
    if how == "block":
        transaction.atomic().__enter__()
    else:
        transaction.set_autocommit(False)
    with suppress(DatabaseError):
        connection.cursor().execute("SELECT * FROM no_such_table")
    if fails:
        raise ValueError(how)
    return how


@shared_task(bind=True, max_retries=1)
def exceed_soft_time_limit(self: Task, sql: str, begin: str, end: str) -> str:
    """Be interrupted within a statement, in a transaction or without, and end in one of three ways."""
    try:
        with transaction.atomic() if begin == "block" else nullcontext(), connection.cursor() as cursor:
            cursor.execute(sql)
    except (SoftTimeLimitExceeded, DatabaseError) as error:
        if end == "return":
            return "stopped in time"
        if end == "retry":
            raise self.retry(countdown=3_600) from error
        raise
    return "nobody stopped it"


@shared_task(bind=True)
def report_in_transaction(self: Task, begin: str, touch: str) -> str:
    """Updates or locks its own row, and reports progress before that transaction ends."""
    block = transaction.atomic() if begin == "block" else nullcontext()
    if begin == "autocommit":
        transaction.set_autocommit(False)
    with block:
        row = TaskResult.objects.filter(task_id=self.request.id)
        if touch == "update":
            row.update(periodic_task_name="mine")
        else:
            row.select_for_update().get()
        self.update_state(state="PROGRESS", meta={"touch": touch})
    if begin == "autocommit":
        transaction.commit()
        transaction.set_autocommit(True)
    return f"{begin}, {touch}"


@shared_task
def kill_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@shared_task
def wait_at(marker: str) -> str:
    """Wait to be killed; end at once in the second run."""
    if Path(marker).exists():
        return "again"
    Path(marker).touch()
    time.sleep(60)
    return "nobody killed it"


@shared_task
def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


@shared_task
def wait_for_file(path: str) -> None:
    """Keep a process of a worker busy until the test makes this file, or kills the process."""
    while not Path(path).exists():
        time.sleep(0.02)


@shared_task(bind=True)
def use_connection(self: Task, gate: str) -> None:
    """Have Django's connection open until the test makes this file."""
    TaskResult.objects.exists()
    self.update_state(state="USING")
    wait_for_file(gate)


@shared_task(bind=True)
def progress(self: Task, steps: int = 2, pause: float = 0.1) -> int:
    for step in range(steps):
        self.update_state(state="PROGRESS", meta={"current": step, "total": steps})
        time.sleep(pause)
    return steps


@shared_task(bind=True)
def fail_first(self: Task, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Fail as sent first; return what was passed when it is run again."""
    request = self.request
    if not {"dcr_retry_of", "dcr_generation"} & (request.headers or {}).keys():
        raise ValueError("the first run fails")
    return {
        "given": repr((list(args), kwargs)),
        "delivery_info": request.delivery_info,
        "headers": request.headers,
        "timelimit": request.timelimit,
        "compression": getattr(request, "compression", None),
        "stamps": request.stamps,
        "retries": request.retries,
    }


@shared_task(bind=True)
def fail_then_replace(self: Task, signature: dict[str, Any]) -> Any:
    """Fail as sent first; replace this task when it is run again."""
    if "dcr_generation" not in (self.request.headers or {}):
        raise ValueError("the first run fails")
    return self.replace(Signature.from_dict(signature, app=self.app))


@shared_task(bind=True)
def replace_by(self: Task, signature: dict[str, Any]) -> Any:
    return self.replace(Signature.from_dict(signature, app=self.app))


@shared_task(bind=True)
def die_first(self: Task, how: str, *args: Any, **kwargs: Any) -> str:
    """Kill the process or exceed the time limit; return what was passed when it is run again."""
    if "dcr_retry_of" not in (self.request.headers or {}):
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)
    return repr((list(args), kwargs))


@shared_task(bind=True)
def retry_later(self: Task, *args: Any, **kwargs: Any) -> None:
    raise self.retry(countdown=60)


@shared_task(bind=True)
def hold_own_row(self: Task, gate: str, *, updates: bool) -> str:
    """Keep the row of this task locked, within a transaction, until the file appears."""
    with transaction.atomic():
        self.update_state(state="PROGRESS", meta={})
        if updates:
            TaskResult.objects.filter(task_id=self.request.id).update(periodic_task_name="held")
        Path(f"{gate}-held").touch()
        while not Path(gate).exists():
            time.sleep(0.05)
    return "done"


@shared_task(bind=True)
def find_own_row(self: Task, way: str) -> Any:
    """Return the state in the row of this very task, which it looks for in one of several ways before all else."""
    rows = TaskResult.objects.filter(task_id=self.request.id)
    look: dict[str, Callable[[], Any]] = {
        "get": lambda: rows.get().status,
        "count": lambda: rows.filter(status="STARTED").count() and "STARTED",
        "many to many": lambda: "".join(row.status for row in rows),  # what `add(*rows)` would link
        "foreign key": lambda: TaskResult.objects.get_task(self.request.id).pk and "STARTED",
        "backend": lambda: self.AsyncResult(self.request.id).state,
        "block": lambda: transaction.atomic(lambda: rows.select_for_update().get().status)(),
        "block that failed": lambda: _after_a_failed_block(lambda: rows.get().status),
        "other thread": lambda: _in_a_thread(lambda: rows.get().status),
        "coroutine": lambda: asyncio.run(_state_of(self.request.id)),
    }
    return look[way]()


def _after_a_failed_block(look: Callable[[], Any]) -> Any:
    with suppress(KeyError), transaction.atomic():
        raise KeyError
    return look()


def _in_a_thread(look: Callable[[], Any]) -> Any:
    found = []

    def run() -> None:
        found.append(look())
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0] if found else None


async def _state_of(task_id: str) -> str:
    row = await TaskResult.objects.aget(task_id=task_id)
    return row.status


@shared_task(bind=True)
def save_own_row(self: Task) -> str:
    """Save another state in the row of this very task, and return the state that is there a moment later."""
    row = TaskResult.objects.get_task(self.request.id)
    row.status = "SEEN"
    row.save()
    time.sleep(0.2)  # longer than STARTED is held back
    return TaskResult.objects.get_task(self.request.id).status


@shared_task(bind=True)
def find_parent(self: Task, gate: str) -> str | None:
    """Return the state in the row of the task that sent this one, and open the gate that it waits for."""
    row = TaskResult.objects.filter(task_id=self.request.parent_id).first()
    Path(gate).touch()
    return row and row.status


@shared_task
def send_child(gate: str, queue: str, *, is_coroutine: bool) -> str:
    """Send a task that reads the row of this one, and do nothing else until it did; return its id."""

    async def send() -> Any:
        return find_parent.apply_async((gate,), queue=queue)

    child = asyncio.run(send()) if is_coroutine else find_parent.apply_async((gate,), queue=queue)
    while not Path(gate).exists():
        time.sleep(0.05)
    return str(child.id)


@shared_task(bind=True)
def store_and_end(self: Task, state: str, ending: str) -> str:
    """Store a final state, and then end: Celery stores that as the outcome."""
    self.update_state(state=state, meta={"error": "stored by the task"})
    if ending == "raises":
        raise ValueError("raised by the task")
    if ending == "retries":
        raise self.retry(exc=KeyError("retried by the task"), countdown=600)
    if ending == "ignores":
        raise Ignore
    return "returned by the task"
