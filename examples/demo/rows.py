"""Generated rows of every shape that a long life leaves in the tables; the same at every start."""

import base64
import json
import math
import pickle
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.report import REPORT
from django_celery_results.models import GroupResult, TaskMessage, TaskResult

COUNT = 3_000
STATES = ("SUCCESS",) * 60 + ("FAILURE",) * 5 + ("REVOKED", "RETRY", "STARTED", "PENDING", "RECEIVED", "REJECTED")
CUSTOM_STATES = ("PROGRESS", "UPLOADING", "waiting for approval", "ÜBERTRAGUNG")
FINISHED = frozenset(("SUCCESS", "FAILURE", "REVOKED", "REJECTED"))
ERRORS = (("ValueError", "builtins", "no such customer: 4711"), ("CardDeclined", "demo.tasks", "the bank said no"))
TRACEBACK = """Traceback (most recent call last):
  File "celery/app/trace.py", line 564, in trace_task
    R = retval = fun(*args, **kwargs)
  File "demo/tasks.py", line {line}, in {name}
{module}.{type}: {message}
"""
SECONDS = {
    "sync_customer": 4.0,
    "send_mail": 0.4,
    "resize_image": 2.2,
    "charge_card": 1.3,
    "print_report": 7.0,
    "old_name_of_a_task": 3.0,
}
"""How long each task takes, on average."""
NAMES: tuple[str, ...] = ("sync_customer",) * 6 + ("send_mail",) * 5 + ("resize_image",) * 3 + ("charge_card",) * 2
NAMES += ("print_report", "old_name_of_a_task")
DAY = 24 * 3600


class Rows:
    """A source of rows; the seed is fixed, the clock is not, so that the newest rows are of this hour."""

    def __init__(self, count: int = COUNT) -> None:
        self.count = count
        self.step = 7 * DAY / count
        self.random = random.Random(1)
        self.now = datetime.now(UTC)
        self.ids = [self._id() for _ in range(count)]

    def tasks(self) -> Iterator[TaskResult]:
        for number, task_id in enumerate(self.ids):
            yield self._task(number, task_id)

    def messages(self, tasks: list[TaskResult]) -> Iterator[TaskMessage]:
        """What a retry of each failed task would send."""
        embedded = dict.fromkeys(("callbacks", "errbacks", "chain", "chord"))
        for number, task in enumerate(tasks):
            if task.status == "FAILURE":
                yield TaskMessage(
                    task_id=task.task_id,
                    task_name=task.task_name or "",
                    serializer="json",
                    body=json.dumps([*_arguments(task.task_name, number), embedded]),
                    options=json.dumps({"delivery": {"exchange": "", "routing_key": task.queue}}),
                )

    def groups(self, tasks: list[TaskResult]) -> Iterator[GroupResult]:
        """Saved groups over the members that `tasks` gave the same group id, as old as the first of them."""
        for start in range(0, self.count, 100):
            members = [[[task_id, None], None] for task_id in self.ids[start : start + 8]]
            group_id = self._group_id(start)
            yield GroupResult(
                group_id=group_id,
                content_type="application/json",
                content_encoding="utf-8",
                result=json.dumps([[group_id, None], members]),
                date_created=tasks[start].date_created,
                date_done=tasks[start].date_created,
            )

    def _task(self, number: int, task_id: str) -> TaskResult:
        custom = number % 100 == 7
        state = self.random.choice(CUSTOM_STATES if custom else STATES)
        name = self.random.choice(NAMES)
        created = self._created(number)
        started = created + timedelta(seconds=self.random.expovariate(0.5))
        done = started + timedelta(seconds=SECONDS[name] * self.random.lognormvariate(-0.2, 0.6))
        task = TaskResult(
            task_id=task_id,
            task_name=f"demo.tasks.{name}",
            status=state,
            worker=f"demo{self.random.randrange(4)}@host" if state != "PENDING" else None,
            queue=self.random.choice(("demo", "mail", "slow")),
            priority=self.random.choice((None, 0, 5, 9)),
            retries=self.random.choice((0, 0, 0, 1, 3)),
            periodic_task_name="Nightly report" if number % 40 == 3 else None,
            content_type="application/json",
            content_encoding="utf-8",
            result="null",
            meta=json.dumps({"children": []}),
            date_created=created,
            date_started=started if state not in ("PENDING", "RECEIVED") else None,
            date_done=done if state in FINISHED else created,
        )
        self._fill_arguments(task, number)
        self._fill_result(task, number, name)
        self._fill_lineage(task, number)
        return task

    def _created(self, number: int) -> datetime:
        """Over seven days, more of them by day than by night."""
        ago = (self.count - number - self.random.random() / 10) * self.step
        return self.now - timedelta(seconds=ago + 9_000 * math.sin(ago * 2 * math.pi / DAY))

    def _fill_arguments(self, task: TaskResult, number: int) -> None:
        args, kwargs = _arguments(task.task_name, number)
        # As a worker keeps them: the JSON of a representation, cut where it is long.
        task.task_args = json.dumps(repr(tuple(args))[:1024])
        task.task_kwargs = json.dumps(repr(kwargs)[:1024])

    def _fill_result(self, task: TaskResult, number: int, name: str) -> None:
        if task.status in ("FAILURE", "RETRY"):
            kind, module, message = self.random.choice(ERRORS)
            task.result = json.dumps({"exc_type": kind, "exc_message": [message], "exc_module": module})
            task.traceback = TRACEBACK.format(
                line=10 + number % 9, name=name, module=module, type=kind, message=message
            )
            task.error_type = f"{module}.{kind}".removeprefix("builtins.")
        elif task.status in CUSTOM_STATES:
            task.result = json.dumps({"current": number % 100, "total": 100})
        elif task.status == "SUCCESS":
            task.result = json.dumps(
                self.random.choice((number, None, "ok", {"rows": number, "secret": "hidden"}, [1]))
            )
        if task.status == "SUCCESS" and number % 20 == 9:
            task.content_type, task.content_encoding = "application/x-python-serialize", "binary"
            task.result = base64.b64encode(pickle.dumps({"number": number})).decode()

    def _fill_lineage(self, task: TaskResult, number: int) -> None:
        if number % 100 < 8:
            task.group_id = self._group_id(number - number % 100)
        if number % 50 in range(21, 25):  # a chain of four
            task.parent_id, task.root_id = self.ids[number - 1], self.ids[number - number % 50 + 20]
        if number % 60 == 59:
            task.retried_from = self.ids[number - 1]

    def _group_id(self, start: int) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"demo/group/{start}"))

    def _id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))


def _arguments(task_name: str | None, number: int) -> tuple[list[Any], dict[str, Any]]:
    if task_name == "demo.tasks.print_report":
        return [REPORT], {}
    if task_name == "demo.tasks.send_mail":
        return [f"reader{number}@example.org", "Welcome"], {}
    if task_name == "demo.tasks.resize_image":
        return [f"cat-{number}", 640], {}
    if task_name == "demo.tasks.charge_card":
        return [number], {"amount": "19.90 EUR", "card_token": "tok_4711"}
    args = [f"customer-{number}", {"deep": {"deeper": {"deepest": [number]}}}]
    return args, {"order": number, "password": "hunter2", "options": {"api_token": "tok_4711"}}
