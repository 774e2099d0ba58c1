"""`make demo`: starts broker, worker and web server, sends sample tasks, and stops all of it on Ctrl-C."""

import signal
import sys
import time
from typing import NoReturn

from demo import config
from demo.service import Service

WELCOME = """
  GraphiQL   {url}graphql/
  Admin      {url}admin/
  Login      {username}  {password}

  To try in GraphiQL:
  1. What happened last:
     {{ taskResults(first: 10) {{ nodes {{ taskId taskName state dateDone error {{ type message }} }} }} }}
  2. Run the report again that found no paper; it gets exactly its arguments:
     mutation {{ retryTask(input: {{task: {{taskId: "{report}"}}}}) {{ taskId errors {{ ... on UserError {{ code message }} }} }} }}
  3. Stop the reminder that waits in the queue:
     mutation {{ revokeTask(input: {{task: {{taskId: "{reminder}"}}}}) {{ taskId errors {{ ... on UserError {{ code message }} }} }} }}

  Logs are in {logs}; Ctrl-C stops everything.
"""


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        with Service() as service:
            service.start()
            print(_welcome(service), flush=True)
            _watch(service)
    except config.Unusable as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("stopped")


def _end(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def _welcome(service: Service) -> str:
    return WELCOME.format(
        url=service.url,
        username=config.USERNAME,
        password=config.kept_secret("password"),
        report=config.sample_id("report"),
        reminder=config.sample_id("reminder"),
        logs=config.FOLDER / "logs",
    )


def _watch(service: Service) -> None:
    """A worker that was killed is started again; without broker or web server everything ends."""
    children = service.children
    while True:
        time.sleep(0.5)
        for name, child in list(children.running.items()):
            if child.is_running:
                continue
            if name != "worker":
                raise config.Unusable(f"the {name} ended; its log: {child.log}")
            print("the worker ended; starting another", flush=True)
            children.restart(name)


if __name__ == "__main__":
    main()
