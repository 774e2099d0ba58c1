"""Requests per second of a page of 100 over HTTP, behind gunicorn and uvicorn, with 8 connections kept open."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .api import PROJECT, TITLES, ask, database, environment, python
from .api_project.queries import PAGE
from .report import Figures, table

CONNECTIONS = 8
PROCESSES = 2
SERVERS = {
    "gunicorn": [
        "gunicorn",
        "--workers",
        f"{PROCESSES}",
        "--threads",
        f"{CONNECTIONS // PROCESSES}",
        "--keep-alive",
        "60",
    ],
    "uvicorn": f"uvicorn --workers {PROCESSES} --log-level warning --no-access-log".split(),
}
CONTENDERS = ("ours", "ours_graphene", "json", "strawberry", "graphene")


def run(*, rounds: int, tasks: int = 200_000, seconds: float = 3.0) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, list[float]]] = {server: {name: [] for name in CONTENDERS} for server in SERVERS}
    with database():
        ask("json", "seed.py", str(tasks))
        for number in range(rounds):
            for server, by_name in seen.items():
                for name, figures in by_name.items():
                    with _serving(server, name) as port:
                        figures.append(_rate(port, seconds))
                    print(f"  round {number + 1}/{rounds}  {server}, {name}: {figures[-1]:.1f}", flush=True)
    return [
        table(
            f"Page of 100 over HTTP, {server}, {CONNECTIONS} connections",
            "requests/s",
            [Figures(contender=TITLES[name], values=tuple(values)) for name, values in by_name.items()],
            more_is_better=True,
        )
        for server, by_name in seen.items()
    ]


@contextmanager
def _serving(server: str, contender: str) -> Iterator[int]:
    port = _free_port()
    command = [python(contender), "-m", *SERVERS[server], "api_servers:application"]
    command += ["--bind", f"127.0.0.1:{port}"] if server == "gunicorn" else ["--port", str(port)]
    env = environment(contender) | ({"API_ASGI": "1"} if server == "uvicorn" else {})
    process = subprocess.Popen(command, cwd=PROJECT, env=env, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")


def _rate(port: int, seconds: float) -> float:
    """Answers per second, after a second that warms every process."""
    _counted(port, 1.0)
    started = time.monotonic()
    count = _counted(port, seconds)
    return count / (time.monotonic() - started)


def _counted(port: int, seconds: float) -> int:
    counts: list[int] = []
    deadline = time.monotonic() + seconds
    threads = [threading.Thread(target=lambda: counts.append(_ask(port, deadline))) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) < CONNECTIONS:
        raise RuntimeError("a connection failed")
    return sum(counts)


def _ask(port: int, deadline: float) -> int:
    """Over one connection, until then: a client that costs next to nothing."""
    body = json.dumps({"query": PAGE, "operationName": "Page", "variables": {"first": 100}}).encode()
    head = (
        f"POST /graphql/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    count = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, connection.makefile("rb") as answers:
        while time.monotonic() < deadline:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            if not _is_whole(answers):
                raise RuntimeError("not a page of 100")
            count += 1
    return count


def _is_whole(answers: Any) -> bool:
    length = 0
    is_ok = b" 200 " in answers.readline()
    while (line := answers.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return is_ok and answers.read(length).count(b'"taskId"') == 100
