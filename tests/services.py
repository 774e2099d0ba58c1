"""The servers that tests use if they are reachable: two databases and two brokers on their standard local ports.

With CI=true all of them must be reachable; elsewhere a test that needs a missing one is skipped, and the run says so.
"""

import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NoReturn
from urllib.parse import urlsplit

import pytest
import redis

POSTGRESQL = os.environ.get("TEST_POSTGRESQL_URL") or f"postgresql://{getpass.getuser()}@127.0.0.1:5432/test"
MARIADB = os.environ.get("TEST_MARIADB_URL") or f"mysql://{getpass.getuser()}@127.0.0.1:3306/test"
REDIS = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/15"
RABBITMQ = os.environ.get("TEST_RABBITMQ_URL") or "amqp://guest:guest@127.0.0.1:5672//"
_PORTS = {"postgresql": 5432, "mysql": 3306, "redis": 6379, "amqp": 5672}
IS_CI = os.environ.get("CI") == "true"


@cache
def reason_unreachable(url: str) -> str:
    """Return why a service cannot be used; an empty text if it can."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or _PORTS[parts.scheme]), timeout=2).close()
    except OSError as error:
        return f"no {parts.scheme} server answers at {parts.netloc.rpartition('@')[2]} ({error})"
    return _reason_no_login(url) if parts.scheme in ("postgresql", "mysql") else ""


def require(url: str) -> str:
    """Return the URL; skip the test where this service is missing, and fail it in CI."""
    if reason := reason_unreachable(url):
        missing(reason)
    return url


def missing(reason: str) -> NoReturn:
    """Skip the test because something is not installed or reachable; fail it in CI."""
    (pytest.fail if IS_CI else pytest.skip)(reason)


def free_port() -> int:
    """Return a port of this machine that no program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def embedded_redis() -> Iterator[str]:
    """Run the broker of the demo in another process, and yield its URL."""
    # It ends with this process, which holds the other end of its standard input.
    program = (
        "import os, sys, threading; from fakeredis import TcpFakeServer\n"
        "server = TcpFakeServer(('127.0.0.1', 0), server_type='redis', server_version=(7, 4))\n"
        "print('port', server.server_address[1], flush=True)\n"
        "threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()\n"
        "server.serve_forever()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    ready = re.match(rb"port (\d+)", process.stdout.readline())
    assert ready, "fakeredis did not start"
    try:
        yield f"redis://127.0.0.1:{int(ready[1])}/0"
    finally:
        process.kill()
        process.communicate()


@contextmanager
def own_memcached() -> Iterator[str]:
    """Run memcached in another process, and yield its address."""
    if not shutil.which("memcached"):
        missing("the program memcached is not installed")
    port = free_port()
    process = subprocess.Popen(["memcached", "-l", "127.0.0.1", "-p", str(port), "-u", "nobody"])
    try:
        wait_until_open(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def wait_until_open(port: int, timeout: float = 60.0) -> None:
    """Wait until a program listens on a port of this machine."""
    deadline = time.monotonic() + timeout
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, f"no program listens on port {port}"
        time.sleep(0.02)


def delete_keys(redis_url: str, prefix: str) -> None:
    """Delete the keys of this process of the suite from a Redis that others use as well."""
    client = redis.Redis.from_url(redis_url)
    for key in client.scan_iter(f"{prefix}*", count=1_000):
        client.delete(key)
    client.close()


def _reason_no_login(url: str) -> str:
    parts = urlsplit(url)
    login = {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": parts.password or ""}
    try:
        if parts.scheme == "mysql":
            import pymysql

            pymysql.connect(**login).close()
        else:
            import psycopg

            psycopg.connect(**login, dbname=parts.path[1:]).close()
    except Exception as error:  # noqa: BLE001 - whatever the driver says is the reason
        return f"no login at {parts.scheme}://{parts.username}@{parts.hostname}:{parts.port}: {error}"
    return ""


if __name__ == "__main__":
    # For the lanes: the URL of the database that is named, and why it cannot be used; an empty line where it can.
    url = {"postgresql": POSTGRESQL, "mariadb": MARIADB}[sys.argv[1]]
    print(url, reason_unreachable(url), sep="\n")  # noqa: T201 - the answer
