"""A worker whose database is behind PgBouncer in transaction mode, whatever the project says of it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from django_celery_results.models import TaskResult
from django_celery_results.query.time_limit import time_limit
from tests import services
from tests.tasks import fail, progress, sleep
from tests.workers import RunWorker, wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PgBouncer speaks PostgreSQL only"),
]


@pytest.fixture
def pgbouncer() -> Iterator[int]:
    """The port of a pooler before the server, which hands out another connection for each transaction."""
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
        process.wait(10)
        shutil.rmtree(directory)


@pytest.mark.parametrize("kept", [True, False], ids=["kept", "Django's"])
def test_a_pooler_loses_no_result(pgbouncer: int, kept: bool, run_worker: RunWorker) -> None:
    to = connection.settings_dict
    url = f"postgresql://{to['USER']}@127.0.0.1:{pgbouncer}/test"
    results: dict[str, Any] = {"KEEP_CONNECTION": kept, "MERGE_STARTED_AFTER": 0}
    with run_worker(env={"DATABASE_URL": url}, results=results, concurrency=3) as worker:
        sent = [sleep.apply_async((0.01,), queue=worker.queue) for _ in range(40)]
        sent += [progress.apply_async(kwargs={"steps": 3, "pause": 0.02}, queue=worker.queue) for _ in range(5)]
        failed = fail.apply_async(queue=worker.queue)
        ids = [task.id for task in sent]
        wait_for(lambda: TaskResult.objects.filter(task_id__in=ids, status="SUCCESS").count() == len(ids), 30)
        wait_for(lambda: TaskResult.objects.filter(task_id=failed.id, status="FAILURE").exists())


def test_a_limit_of_reads_reaches_no_other_client_of_a_pooler(pgbouncer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", pgbouncer)
    try:
        for _ in range(8):  # a connection of the server each, and round again
            with time_limit(0.2):
                assert not TaskResult.objects.exists()
                with pytest.raises(OperationalError, match="statement timeout"), connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(5)")
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                assert cursor.fetchone() == ("0",)
    finally:
        connection.close()
