"""Results and time limits behind PgBouncer in transaction mode, whether the project has set that up or not."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from django_celery_results.query.time_limit import time_limit
from tests import services
from tests.faults.fault_workers import have_succeeded, publish_sleeps
from tests.tasks import fail, progress
from tests.workers import PATIENCE, RunWorker, wait_for, wait_for_state

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="PgBouncer speaks PostgreSQL only")


@pytest.fixture
def pgbouncer() -> Iterator[int]:
    """The port of a PgBouncer that gives each transaction another connection to the server."""
    if not shutil.which("pgbouncer"):
        services.missing("PgBouncer is not installed")
    port = services.free_port()
    directory = Path("/tmp") / f"dcr-pgbouncer-{port}"
    directory.mkdir(mode=0o777)
    to = connection.settings_dict
    users, configuration = directory / "users.txt", directory / "pgbouncer.ini"
    users.write_text(f'"{to["USER"]}" "{to["PASSWORD"]}"\n')
    configuration.write_text(
        f"[databases]\n* = host={to['HOST']} port={to['PORT'] or 5432}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {users}\npool_mode = transaction\n"
        "default_pool_size = 4\nserver_round_robin = 1\nignore_startup_parameters = extra_float_digits\n"
    )
    process = subprocess.Popen(
        ["pgbouncer", "-q", "-u", "nobody", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        services.wait_until_open(port)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)
        shutil.rmtree(directory)


@pytest.mark.parametrize("kept", [True, False], ids=["kept connection", "connection per task"])
def test_results_are_stored_behind_pgbouncer(pgbouncer: int, kept: bool, run_worker: RunWorker) -> None:
    to = connection.settings_dict
    url = f"postgresql://{to['USER']}@127.0.0.1:{pgbouncer}/test"
    results: dict[str, Any] = {"KEEP_CONNECTION": kept, "MERGE_STARTED_AFTER": 0}
    with run_worker(env={"DATABASE_URL": url}, results=results, concurrency=3) as worker:
        tasks = publish_sleeps(worker.queue, 40, seconds=0.01)
        tasks += [progress.apply_async(kwargs={"steps": 3, "pause": 0.02}, queue=worker.queue) for _ in range(5)]
        failed = fail.apply_async(queue=worker.queue)
        wait_for(lambda: have_succeeded(tasks))
        wait_for_state(failed.id, "FAILURE")


@pytest.mark.django_db(transaction=True)
def test_time_limit_reaches_no_other_client_of_pgbouncer(pgbouncer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", pgbouncer)
    try:
        for _ in range(8):  # each of the four connections to the server twice
            is_cancelled = pytest.raises(OperationalError, match="statement timeout")
            with time_limit(0.2), is_cancelled, connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(600)")
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                assert cursor.fetchone() == ("0",)
    finally:
        connection.close()
