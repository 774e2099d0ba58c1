"""The servers that tests use where they are there: two databases and two brokers on their standard local ports.

With CI=true every one of them must be there; elsewhere what needs a missing one is skipped, and the run says so.
"""

import atexit
import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from functools import cache
from urllib.parse import urlsplit

import pytest

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


def require(url: str) -> None:
    """Skip the test where this service is missing; fail it in CI."""
    if reason := reason_unreachable(url):
        (pytest.fail if IS_CI else pytest.skip)(reason)


@cache
def redis_url() -> str:
    """A Redis for workers: the local one, else one embedded in a process of its own."""
    if not reason_unreachable(REDIS):
        return REDIS
    if IS_CI:
        raise RuntimeError(reason_unreachable(REDIS))
    return embedded_redis()


@cache
def embedded_redis() -> str:
    """The broker that the demo brings along. One of its own for each run of the suite."""
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
    _KEPT.append(process)
    assert process.stdout is not None
    found = re.match(rb"port (\d+)", process.stdout.readline())
    assert found, "fakeredis did not start"
    return f"redis://127.0.0.1:{int(found[1])}/0"


@cache
def memcached() -> str:
    """The address of a memcached of our own, which ends with us; skips the test where there is none, fails it in CI."""
    if not shutil.which("memcached"):
        (pytest.fail if IS_CI else pytest.skip)("the program memcached is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(["memcached", "-l", "127.0.0.1", "-p", str(port), "-u", "nobody"])
    atexit.register(process.terminate)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return f"127.0.0.1:{port}"
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"memcached does not answer at port {port}")


_KEPT: list[subprocess.Popen[bytes]] = []


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
