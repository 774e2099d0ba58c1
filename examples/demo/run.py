"""`make demo`: starts broker, worker and web server, sends sample tasks, and stops all of it on Ctrl-C."""

import signal
import sys
import time
from typing import NoReturn

from demo import config, queries
from demo.service import Service

HISTORY = 600
WELCOME = """
  {dashboard}
  GraphiQL   {url}graphql/
  Admin      {url}admin/
  Login      {username} / {password}
  Reader     {reader} / {password} may look, and do nothing

Three operations to try in GraphiQL:

# What happened last
{latest}

# Run the report again that found no paper: it gets exactly its arguments
{retry}

# Stop the reminder that waits in the queue
{revoke}

Logs are in {logs}. Ctrl-C stops everything.
"""


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background process inherits it ignored
    try:
        with Service(history=HISTORY) as service:
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
    built = config.dashboard() is not None
    return WELCOME.format(
        url=service.url,
        dashboard=f"Dashboard  {service.url}" if built else "Dashboard  not built: needs npm, and node 20.19 or newer",
        username=config.USERNAME,
        reader=config.READER,
        password=config.kept_secret("password"),
        latest=queries.LATEST,
        retry=queries.retry_report(),
        revoke=queries.revoke_reminder(),
        logs=config.folder() / "logs",
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
