"""Tasks that real workers run in tests."""

import os
import signal
import time
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from celery import Task, shared_task
from django.db import DatabaseError, connection, transaction

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
