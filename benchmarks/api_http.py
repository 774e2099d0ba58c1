"""Requests per second of a page of 100 over HTTP, behind gunicorn and uvicorn, with 8 connections kept open."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from .api import PROJECT, TITLES, ask, database, environment, python
from .api_project.queries import PAGE
from .report import Figures, table

CONNECTIONS = 8
PROCESSES = 2
SECONDS = 1.0
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


def run(*, rounds: int, tasks: int = 200_000) -> list[dict[str, Any]]:
    with database():
        ask("json", "seed.py", str(tasks))
        return [_measured(server, rounds) for server in SERVERS]


def _measured(server: str, rounds: int) -> dict[str, Any]:
    """All contenders serve at once, and are asked in turn."""
    seen: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with ExitStack() as running:
        ports = {name: running.enter_context(_serving(server, name)) for name in CONTENDERS}
        for number in range(rounds + 1):
            for name, port in ports.items():
                rate = _rate(port)
                if number:  # the first one warms
                    seen[name].append(rate)
    return table(
        f"Page of 100 over HTTP, {server}, {CONNECTIONS} connections",
        "requests/s",
        [Figures(contender=TITLES[name], values=tuple(values)) for name, values in seen.items()],
        more_is_better=True,
    )


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


def _rate(port: int) -> float:
    """Answers per second."""
    started = time.monotonic()
    count = _counted(port, SECONDS)
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
    head = f"POST /graphql/ HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: {len(body)}\n\n"
    request = head.replace("\n", "\r\n").encode() + body
    count = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection, connection.makefile("rb") as answers:
        while time.monotonic() < deadline:
            connection.sendall(request)
            # uvicorn's workers send head and body apart, the second when the first is acknowledged: do so at once.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            if not _is_whole(answers):
                raise RuntimeError("not a page of 100")
            count += 1
    return count


def _is_whole(answers: Any) -> bool:
    is_ok = b" 200 " in answers.readline()
    headers = dict(line.lower().split(b":", 1) for line in iter(lambda: answers.readline().strip(), b""))
    length = headers.get(b"content-length")
    body = answers.read(int(length)) if length else b"".join(_chunks(answers))
    return is_ok and body.count(b'"taskId"') == 100


def _chunks(answers: Any) -> Iterator[bytes]:
    while size := int(answers.readline(), 16):
        yield answers.read(size)
        answers.readline()
    answers.readline()
