"""The servers that tests use where they are there: two databases and two brokers on their standard local ports.

With CI=true every one of them must be there; elsewhere what needs a missing one is skipped, and the run says so.
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
    """Why a service cannot be used; empty where it can."""
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
    """Skip the test for what is not on this machine; fail it in CI, where all must be."""
    (pytest.fail if IS_CI else pytest.skip)(reason)


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def embedded_redis() -> Iterator[str]:
    """Run the broker that the demo brings along, in a process of its own; its URL."""
    # It ends with us: its standard input is a pipe of which we hold the other end.
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
    found = re.match(rb"port (\d+)", process.stdout.readline())
    assert found, "fakeredis did not start"
    try:
        yield f"redis://127.0.0.1:{int(found[1])}/0"
    finally:
        process.kill()
        process.communicate()


@contextmanager
def own_memcached() -> Iterator[str]:
    """Run a memcached of our own; its address."""
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
    """Wait until somebody listens at a port of this machine."""
    deadline = time.monotonic() + timeout
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, f"nobody listens at port {port}"
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
    named = {"postgresql": POSTGRESQL, "mariadb": MARIADB}[sys.argv[1]]
    print(named, reason_unreachable(named), sep="\n")  # noqa: T201 - the answer
