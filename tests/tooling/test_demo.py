"""The demo passes its own check, restarts its worker, reports mistakes in one line, and leaves no process running."""

import os
import re
import signal
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

from tests import services
from tests.programs import SECONDS, Program, demo_command, demo_environment, run, started
from tests.workers import wait_for

pytestmark = [pytest.mark.once, pytest.mark.timeout(600)]
READY = r"Ctrl-C stops everything"
MAIL_SENT = r"send_mail\S* succeeded"


@pytest.fixture
def run_demo(tmp_path: Path) -> Path:
    """The folder of a demo that runs all its processes: four, one of them a worker with two children."""
    return tmp_path


def children_of(program: Program) -> list[int]:
    """Return the ids of the processes that the program started."""
    listed = run("ps", "-e", "-o", "pid=,ppid=").stdout.splitlines()
    pairs = [tuple(map(int, line.split())) for line in listed]
    return [pid for pid, parent in pairs if parent == program.process.pid]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_demo_check_passes(run_demo: Path) -> None:
    done = run(*demo_command("check"), **demo_environment(run_demo))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing is left running" in done.stdout


@pytest.fixture(params=["postgresql", "mariadb"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a new database on a real server."""
    url = {"postgresql": services.POSTGRESQL, "mariadb": services.MARIADB}[request.param]
    services.require(url)
    parts = urlsplit(url)
    name = f"dcr_demo_{uuid.uuid4().hex[:10]}"
    login = {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": parts.password or ""}
    if request.param == "postgresql":
        server = psycopg.connect(**login, dbname=parts.path[1:], autocommit=True)
    else:
        server = pymysql.connect(**login)
    server.cursor().execute(f"CREATE DATABASE {name}")
    yield parts._replace(path=f"/{name}").geturl()
    server.cursor().execute(f"DROP DATABASE {name}")
    server.close()


@pytest.mark.heavy
@pytest.mark.parametrize("broker", [services.RABBITMQ, services.REDIS], ids=["rabbitmq", "redis"])
def test_demo_check_passes_on_real_servers(tmp_path: Path, broker: str, database: str) -> None:
    services.require(broker)
    done = run(*demo_command("check"), **demo_environment(tmp_path, BROKER_URL=broker, DATABASE_URL=database))
    assert done.returncode == 0, done.stdout + done.stderr


def test_ctrl_c_stops_every_process_and_a_restart_sends_no_task_again(run_demo: Path) -> None:
    seen = []
    for _ in range(2):
        with started(*demo_command("run"), **demo_environment(run_demo)) as program:
            program.until(READY)
            seen.append((re.findall(r"Login.*", program.log), re.findall(r"taskId: \"\S+\"", program.log)))
            children = children_of(program)
            assert len(children) == 3
            if len(seen) == 1:  # a task that has not ended by then is sent again, as it should be
                wait_for(lambda: len(re.findall(MAIL_SENT, worker_log(run_demo))) == 5, timeout=SECONDS)
            program.process.send_signal(signal.SIGINT)
            program.process.wait(SECONDS)
        assert [pid for pid in children if is_running(pid)] == []
    assert seen[0] == seen[1]
    assert "demo.tasks.send_mail" not in worker_log(run_demo).split("ready.")[1]


def worker_log(folder: Path) -> str:
    return (folder / "logs" / "worker.log").read_text()


def test_killed_worker_is_restarted_and_killed_runner_ends_its_children(run_demo: Path) -> None:
    with started(*demo_command("run"), **demo_environment(run_demo)) as program:
        program.until(READY)
        before = set(children_of(program))
        (worker,) = [pid for pid in before if "demo.worker" in Path(f"/proc/{pid}/cmdline").read_text()]
        os.killpg(worker, signal.SIGKILL)
        program.until("starting another")
        wait_for(lambda: set(children_of(program)) - before, timeout=SECONDS)
        children = children_of(program)
        program.process.kill()
        program.process.wait(SECONDS)
        wait_for(lambda: not [pid for pid in children if is_running(pid)], timeout=SECONDS)


@pytest.mark.parametrize("module", ["run", "serve"])
@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"HOST": "0.0.0.0"}, "listens on 127.0.0.1 only"),
        ({"PORT": "http"}, "PORT must be a number"),
        ({"DEMO_DIR": "/proc/demo"}, "cannot write to /proc/demo"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "the database at 127.0.0.1 cannot be used"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_mistake_is_reported_in_one_line(tmp_path: Path, module: str, changes: dict[str, str], line: str) -> None:
    done = run(*demo_command(module), **{**demo_environment(tmp_path), **changes})
    assert done.returncode == 1
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("module", ["run", "serve"])
def test_port_in_use_is_reported_with_another_port(tmp_path: Path, module: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(*demo_command(module), **demo_environment(tmp_path, PORT=str(port)))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"error: port {port} is in use; name another: PORT={port + 1}"
