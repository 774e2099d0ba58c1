"""Start a PostgreSQL primary and its standby for a test, and fail over from one to the other."""

import getpass
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests import services
from tests.workers import wait_for

_PROGRAMS = ("initdb", "postgres", "pg_basebackup")
_SETTINGS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_wal_senders=4")
USER = "tester"
DATABASE = "failover"


@dataclass(frozen=True, kw_only=True)
class Replicated:
    """A running primary and its standby. `replicated_postgresql` creates it.

    Attributes:
        primary: The port of the primary.
        standby: The port of the standby.
    """

    primary: int
    standby: int

    def fail_over(self) -> None:
        """Make the primary read-only, wait until the standby has all its writes, and promote the standby.

        The connections to the old primary stay open.
        """
        with connect(self.primary) as old, connect(self.standby) as new:
            old.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            old.execute("SELECT pg_reload_conf()")
            wait_for(lambda: is_read_only(self.primary))
            # What began before may still write: it has a transaction without an id until then.
            begun = (
                "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' AND (state <> 'idle' OR backend_xid IS NOT NULL)"
            )
            wait_for(lambda: fetch_value(old, begun) == 0)
            written = fetch_value(old, "SELECT pg_current_wal_lsn()")
            wait_for(lambda: fetch_value(new, f"SELECT pg_last_wal_replay_lsn() >= '{written}'"))
            assert fetch_value(new, "SELECT pg_promote()")

    def django_settings(self) -> dict[str, Any]:
        """Return the database settings that connect to whichever server accepts writes."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": DATABASE,
            "USER": USER,
            "HOST": "127.0.0.1,127.0.0.1",
            "PORT": f"{self.primary},{self.standby}",
            "OPTIONS": {"target_session_attrs": "read-write", "connect_timeout": 10},
        }


@contextmanager
def replicated_postgresql() -> Iterator[Replicated]:
    """Start both servers with an empty database; stop them when the block ends."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="dcr-replicated-"))
    user = _user()
    shutil.chown(folder, user)
    primary, standby = services.free_port(), services.free_port()
    run = {"cwd": folder, "user": user, "stdout": subprocess.DEVNULL}
    initdb = [programs / "initdb", "-D", folder / "primary", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
    to_primary = ["-h", "127.0.0.1", "-p", str(primary), "-U", USER]
    copy = [programs / "pg_basebackup", "-D", folder / "standby", *to_primary, "-R", "--checkpoint=fast", "--no-sync"]
    try:
        with ExitStack() as servers:
            subprocess.run(initdb, check=True, **run)
            servers.enter_context(_running(programs, folder, "primary", primary, user))
            with connect(primary, "postgres") as first:
                first.execute(f"CREATE DATABASE {DATABASE}")
            subprocess.run(copy, check=True, **run)
            servers.enter_context(_running(programs, folder, "standby", standby, user))
            yield Replicated(primary=primary, standby=standby)
    finally:
        shutil.rmtree(folder)


def connect(port: int, database: str = DATABASE) -> psycopg.Connection[Any]:
    """Connect to one of the servers; each statement is a transaction."""
    return psycopg.connect(host="127.0.0.1", port=port, user=USER, dbname=database, autocommit=True)


def fetch_value(connection: psycopg.Connection[Any], query: str) -> Any:
    """Return the first column of the first row, None if there is none."""
    row = connection.execute(query).fetchone()
    return row and row[0]


def is_read_only(port: int) -> bool:
    """Whether new connections may not write."""
    with connect(port) as connection:
        return bool(fetch_value(connection, "SHOW default_transaction_read_only") == "on")


@contextmanager
def _running(programs: Path, folder: Path, name: str, port: int, user: str) -> Iterator[None]:
    options = [option for each in (*_SETTINGS, f"port={port}") for option in ("-c", each)]
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / name, *options], user=user, cwd=folder, stdout=out, stderr=out
        )
    try:
        wait_for(lambda: _answers(port) or _fail_if_ended(server, log))
        yield
    finally:
        server.send_signal(signal.SIGQUIT)  # at once, whoever is connected
        server.wait(60)


def _answers(port: int) -> bool:
    try:
        connect(port, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _fail_if_ended(server: "subprocess.Popen[bytes]", log: Path) -> None:
    assert server.poll() is None, log.read_text()


def _programs() -> Path:
    """Return the folder of the newest server's programs; Debian has one for each version, outside of PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: float(each.parent.name), reverse=True)
    folders = (*debian, *map(Path, os.get_exec_path()))
    found = [folder for folder in folders if all((folder / program).exists() for program in _PROGRAMS)]
    return found[0] if found else services.missing("the programs of PostgreSQL's server are not installed")


def _user() -> str:
    """Return who runs the servers: PostgreSQL refuses to run as root."""
    return "nobody" if os.getuid() == 0 else getpass.getuser()
