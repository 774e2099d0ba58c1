"""A task finds its own row: STARTED is held back, but nobody who could look for it sees that."""

import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.apps import apps
from django.db import OperationalError, connection, models, transaction

from django_celery_results.backends import DatabaseBackend, started
from django_celery_results.models import TaskResult
from tests.storage.requests import task_request
from tests.tasks import find_own_row, find_parent, hold_own_row, save_own_row, send_child
from tests.workers import PATIENCE, RunWorker, Worker, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

HELD = {"MERGE_STARTED_AFTER": 600}
"""No timer writes what a test waits for."""
WAYS = ["get", "count", "many to many", "foreign key", "backend", "block", "block that failed", "other thread"]
HAS_GEVENT = importlib.util.find_spec("gevent") is not None
each_connection = pytest.mark.parametrize("keeps", [True, False], ids=["kept connection", "connection of Django"])


@each_connection
@pytest.mark.parametrize(
    "pool",
    [
        "prefork",
        "threads",
        pytest.param("gevent", marks=pytest.mark.skipif(not HAS_GEVENT, reason="gevent is missing")),
    ],
)
def test_task_finds_its_own_row_at_once(pool: str, keeps: bool, run_worker: RunWorker) -> None:
    if pool == "gevent" and connection.vendor == "sqlite":
        pytest.skip("one process of greenlets waits for its own lock on SQLite")
    ways = [*WAYS, *(["coroutine"] if pool != "gevent" else [])] * 2  # connections are watched longer than for one task
    with run_worker(pool=pool, concurrency=1, results={**HELD, "KEEP_CONNECTION": keeps}) as worker:
        states = [(way, find_own_row.apply_async((way,), queue=worker.queue).get(timeout=PATIENCE)) for way in ways]
    assert states == [(way, "STARTED") for way in ways]


def test_held_started_does_not_replace_what_a_task_saves_in_its_own_row(worker: Worker) -> None:
    assert save_own_row.apply_async(queue=worker.queue).get(timeout=PATIENCE) == "SEEN"


@pytest.mark.parametrize("is_coroutine", [False, True], ids=["function", "coroutine"])
def test_child_finds_the_row_of_its_parent(is_coroutine: bool, run_worker: RunWorker, tmp_path: Path) -> None:
    with run_worker(concurrency=2, results=HELD) as worker:
        args = (str(tmp_path / "gate"), worker.queue)
        sent = send_child.apply_async(args, {"is_coroutine": is_coroutine}, queue=worker.queue)
        child = find_parent.AsyncResult(sent.get(timeout=PATIENCE))
        assert child.get(timeout=PATIENCE) == "STARTED"


@each_connection
def test_started_is_stored_beside_the_transaction_of_its_task(
    keeps: bool, run_worker: RunWorker, tmp_path: Path
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("nobody reads while the row is written")
    gate = tmp_path / "gate"
    with run_worker(concurrency=1, results={**HELD, "KEEP_CONNECTION": keeps}) as worker:
        held = hold_own_row.apply_async((str(gate),), {"updates": False}, queue=worker.queue)
        wait_for(Path(f"{gate}-held").exists)
        assert TaskResult.objects.get(task_id=held.id).status == "STARTED", "PROGRESS is not committed yet"
        gate.touch()
        assert held.get(timeout=PATIENCE) == "done"


def start(backend: DatabaseBackend) -> Any:
    """Begin a run in this thread, as a worker does; its request."""
    request = task_request()
    backend.store_result(request.id, {"pid": 1}, "STARTED", request=request)
    return request


@pytest.fixture
def holding(as_worker: None, settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = HELD


def test_statement_writes_the_started_of_its_own_task_only(backend: DatabaseBackend, holding: None) -> None:
    thread = threading.Thread(target=start, args=(backend,))
    thread.start()
    thread.join()
    mine = start(backend)
    assert [row.task_id for row in TaskResult.objects.all()] == [mine.id]


def test_started_of_another_task_is_no_part_of_a_store(backend: DatabaseBackend, holding: None) -> None:
    one, other = start(backend), start(backend)
    backend.mark_as_done(other.id, 1, request=other)
    backend.mark_as_done(one.id, 1, request=one)
    assert set(TaskResult.objects.values_list("status", flat=True)) == {"SUCCESS"}


@pytest.fixture
def job_model(transactional_db: None) -> Iterator[Any]:
    """A model of a project that refers to a task by its id, with a table."""

    class Job(models.Model):  # noqa: DJ008 - nobody prints it
        task = models.ForeignKey(TaskResult, models.CASCADE, to_field="task_id")

        class Meta:
            app_label = "django_celery_results"

    with connection.schema_editor() as editor:
        editor.create_model(Job)
    started.tables_of.cache_clear()
    yield Job
    with connection.schema_editor() as editor:
        editor.delete_model(Job)
    apps.all_models["django_celery_results"].pop("job")
    apps.clear_cache()
    started.tables_of.cache_clear()


def test_row_is_there_before_a_foreign_key_refers_to_it(
    backend: DatabaseBackend, holding: None, job_model: Any
) -> None:
    request = start(backend)
    assert job_model.objects.create(task_id=request.id).task.status == "STARTED"


def test_raw_sql_in_capitals_finds_the_row(backend: DatabaseBackend, holding: None) -> None:
    request = start(backend)
    table = TaskResult._meta.db_table
    if connection.vendor != "mysql":  # where names of tables are names of files
        table = table.upper()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT STATUS FROM {table} WHERE TASK_ID = %s", [request.id])
        assert cursor.fetchone() == ("STARTED",)


def test_execute_wrapper_of_a_project_is_removed_at_its_end(backend: DatabaseBackend, holding: None) -> None:
    seen = []

    def wrapper(execute: Any, sql: str, *args: Any) -> Any:
        seen.append(sql)
        return execute(sql, *args)

    before = [each for each in connection.execute_wrappers if "started" not in each.__module__]
    with connection.execute_wrapper(wrapper):
        start(backend)
        TaskResult.objects.count()
        assert len(seen) >= 2
    assert [each for each in connection.execute_wrappers if "started" not in each.__module__] == before


def test_time_limit_raised_while_started_is_written_reaches_the_task(
    backend: DatabaseBackend, holding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = start(backend)

    def write(*_: Any) -> None:
        raise SoftTimeLimitExceeded

    with monkeypatch.context() as patched:
        patched.setattr(backend, "_write", write)
        with pytest.raises(SoftTimeLimitExceeded):
            TaskResult.objects.count()
    backend.mark_as_failure(request.id, SoftTimeLimitExceeded(), request=request)
    row = TaskResult.objects.get()
    assert (row.status, row.date_started is not None) == ("FAILURE", True)


def test_error_of_the_result_database_is_no_error_of_the_task(
    backend: DatabaseBackend, holding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(backend)

    def write(*_: Any) -> None:
        raise OperationalError(1045, "Access denied")

    monkeypatch.setattr(backend, "_write", write)
    assert TaskResult.objects.count() == 0


def test_statement_of_the_task_survives_a_lost_connection_of_its_started(
    backend: DatabaseBackend, holding: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = start(backend)
    write, failures = backend._write, [OperationalError("server closed the connection unexpectedly")]

    def write_at_the_second_attempt(*args: Any) -> None:
        if failures:
            raise failures.pop()
        write(*args)

    monkeypatch.setattr(backend, "_write", write_at_the_second_attempt)
    assert TaskResult.objects.get().task_id == request.id
    assert not failures


def test_started_is_not_held_within_an_open_transaction(backend: DatabaseBackend, holding: None) -> None:
    with transaction.atomic():
        start(backend)
        transaction.set_rollback(True)
    assert not TaskResult.objects.exists()
