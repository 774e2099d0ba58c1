"""`make demo-check`: runs the demo unattended on free ports, and proves over HTTP what it promises."""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from celery import Celery

from demo import config, queries
from demo.client import Client, eventually
from demo.report import REPORT
from demo.service import Service

REDELIVERED_AFTER = 4.0
TASK = """
query($id: String!) {
  taskResult(ref: {taskId: $id}) {
    state status taskName worker result { text } traceback: error { traceback } progress { current total }
  }
}"""
RETRY = (
    "mutation($id: String!) { retryTask(input: {task: {taskId: $id}}) { taskId errors { ... on UserError { code } } } }"
)
REVOKE = """
mutation($id: String!, $terminate: Boolean!) {
  revokeTask(input: {task: {taskId: $id}, terminate: $terminate}) {
    isSupported workers { worker acknowledged } errors { ... on UserError { code message } }
  }
}"""


class Check:
    """The promises, one method each."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service = service
        self.folder = folder
        self.client = Client(service.url)
        self.celery = Celery("check", broker=service.broker_url, set_as_current=False)

    def the_broker_is_the_one_that_was_named(self) -> None:
        where = self.service.broker_url.rpartition("@")[2].removeprefix("redis://").rstrip("/")
        log = self.service.children.running["worker"].log.read_text()
        assert re.search(rf"Connected to \S*{re.escape(where)}", log), log

    def anonymous_is_refused(self) -> None:
        assert self.client.status(queries.LATEST) == 401

    def the_demo_user_logs_in(self) -> None:
        self.client.login(config.USERNAME, config.kept_secret("password"))

    def graphiql_is_served(self) -> None:
        page = self.client.get("graphql/", headers={"Accept": "text/html"})
        assert "graphiql" in page.lower()

    def the_front_door_is_open(self) -> None:
        page = self.client.get("", headers={"Accept": "text/html"})
        assert ('id="root"' if config.dashboard() else "graphiql") in page.lower()

    def samples_end_as_they_should(self) -> None:
        for name, state in (("mail", "SUCCESS"), ("charge", "FAILURE"), ("report", "FAILURE"), ("images", "SUCCESS")):
            self.until(config.sample_id(name), state)
        self.until(config.sample_id("words"), "SUCCESS")
        assert self.task(config.sample_id("words"))["result"]["text"] == "10"
        assert "CardDeclined" in self.task(config.sample_id("charge"))["traceback"]["traceback"]
        assert self.task(config.sample_id("reminder"))["state"] in ("PENDING", "RECEIVED")

    def the_first_query_lists_them(self) -> None:
        nodes = self.client.run(queries.LATEST)["taskResults"]["nodes"]
        assert {"demo.tasks.print_report", "demo.tasks.remind"} <= {node["taskName"] for node in nodes}, nodes

    def a_retry_runs_with_its_real_arguments(self) -> None:
        payload = self.client.run(queries.retry_report())["retryTask"]
        assert not payload["errors"], payload
        row = self.until(payload["taskId"], "SUCCESS")
        digest = hashlib.sha256(json.dumps(REPORT, sort_keys=True).encode()).hexdigest()
        assert json.loads(row["result"]["text"])["sha256"] == digest, row

    def a_revoked_task_never_runs(self) -> None:
        assert not self.client.run(queries.revoke_reminder())["revokeTask"]["errors"]
        revoked, control = self.send(countdown=4), self.send(countdown=4)
        self.revoke(revoked)
        self.until_marked(control, "done")
        time.sleep(1)
        assert not self.marks(revoked)
        self.until(revoked, "REVOKED")

    def terminate_ends_a_running_task(self) -> None:
        crunch = config.sample_id("crunch")
        assert self.task(crunch)["progress"]["total"] == 60
        self.revoke(crunch, terminate=True)
        self.until(crunch, "REVOKED")

    def a_killed_worker_loses_nothing(self) -> None:
        # Every process is busy, so the worker fetches nothing while it dies: what it has fetched and not yet noted
        # as unacknowledged would be lost, with this broker as with Redis.
        running = [self.send(seconds=4) for _ in range(config.PROCESSES)]
        for task_id in running:
            self.until_marked(task_id, "started")
        waiting = [self.send() for _ in range(5)]
        self.service.children.running["worker"].kill()
        time.sleep(REDELIVERED_AFTER)
        self.service.children.restart("worker", DEMO_VISIBILITY_TIMEOUT=str(REDELIVERED_AFTER))
        for task_id in (*running, *waiting):
            self.until(task_id, "SUCCESS")
            assert "done" in self.marks(task_id)

    def send(self, *, seconds: float = 0.0, countdown: float | None = None) -> str:
        path = Path(tempfile.mkstemp(dir=self.folder)[1])
        task = self.celery.send_task(
            "demo.tasks.leave_mark", (str(path), seconds), task_id=path.name, countdown=countdown, queue="demo"
        )
        return str(task.id)

    def marks(self, task_id: str) -> list[str]:
        return (self.folder / task_id).read_text().split()

    def until_marked(self, task_id: str, mark: str) -> None:
        eventually(f"{mark} by {task_id}", lambda: mark in self.marks(task_id))

    def revoke(self, task_id: str, *, terminate: bool = False) -> None:
        payload = self.client.run(REVOKE, id=task_id, terminate=terminate)["revokeTask"]
        assert payload["isSupported"], payload
        assert not payload["errors"], payload
        assert [reply["acknowledged"] for reply in payload["workers"]] == [True], payload

    def task(self, task_id: str) -> dict[str, Any]:
        row: dict[str, Any] = self.client.run(TASK, id=task_id)["taskResult"]
        return row

    def until(self, task_id: str, state: str) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            row = self.task(task_id)
            return row if row and row["state"] == state else None

        try:
            row: dict[str, Any] = eventually(f"{task_id} is {state}", found)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.task(task_id)}") from None
        return row


PROMISES = (
    Check.the_broker_is_the_one_that_was_named,
    Check.anonymous_is_refused,
    Check.the_demo_user_logs_in,
    Check.graphiql_is_served,
    Check.the_front_door_is_open,
    Check.samples_end_as_they_should,
    Check.the_first_query_lists_them,
    Check.a_retry_runs_with_its_real_arguments,
    Check.a_revoked_task_never_runs,
    Check.terminate_ends_a_running_task,
    Check.a_killed_worker_loses_nothing,
)


def main() -> None:
    _start_afresh()
    service = Service()
    try:
        with service, tempfile.TemporaryDirectory() as folder:
            service.start()
            print(f"started: {service.url} over {service.broker_url}", flush=True)
            _run(Check(service, Path(folder)))
    except (AssertionError, config.Unusable) as error:
        sys.exit(f"error: {error}")
    if left := service.children.left_over():
        sys.exit(f"error: still running after the stop: {', '.join(left)}")
    print("ok    nothing is left running")


def _start_afresh() -> None:
    """A folder, ids and ports of our own, whatever a demo left or still does."""
    folder = config.folder() / "check"
    os.environ["DEMO_DIR"] = str(folder)
    shutil.rmtree(folder, ignore_errors=True)
    os.environ |= {"PORT": "0", "DEMO_RUN": uuid.uuid4().hex}


def _run(check: Check) -> None:
    for promise in PROMISES:
        started = time.monotonic()
        promise(check)
        print(f"ok    {promise.__name__.replace('_', ' ')} ({time.monotonic() - started:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
