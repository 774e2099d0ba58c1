"""Workers whose database connections break, or whose database is away: no result is lost."""

from contextlib import suppress

from django.db import DatabaseError, connection

from django_celery_results.models import TaskResult
from tests.faults.fault_workers import FaultWorker, have_succeeded, needs_server, over, publish_sleeps
from tests.tasks import fail, progress
from tests.workers import wait_for, wait_for_state

pytestmark = needs_server


@over("kept connection")
def test_results_are_stored_though_connections_break_again_and_again(fault_worker: FaultWorker) -> None:
    broken = 0
    for _ in range(5):
        steps = {"steps": 4, "pause": 0.02}
        tasks = [progress.apply_async(kwargs=steps, queue=fault_worker.queue) for _ in range(5)]
        wait_for(lambda ids=[task.id for task in tasks]: TaskResult.objects.filter(task_id__in=ids).exists())
        broken += fault_worker.proxy.cut()
        wait_for(lambda tasks=tasks: have_succeeded(tasks))
    assert broken >= 5


@over("kept connection", "connection per task")
def test_results_are_stored_after_the_database_was_away(fault_worker: FaultWorker) -> None:
    proxy = fault_worker.proxy
    before = publish_sleeps(fault_worker.queue, 2)
    wait_for(lambda: have_succeeded(before))
    with proxy.down():
        refused = proxy.refused
        during = publish_sleeps(fault_worker.queue, 6)
        failed = fail.apply_async(queue=fault_worker.queue)
        wait_for(lambda: proxy.refused >= refused + 4)
    wait_for(lambda: have_succeeded(during))
    wait_for_state(failed.id, "FAILURE")
    assert not TaskResult.objects.filter(date_started=None).exists()


@over("kept connection")
def test_kept_connection_serves_all_tasks_of_a_process(fault_worker: FaultWorker) -> None:
    proxy = fault_worker.proxy
    first = publish_sleeps(fault_worker.queue, 2)
    wait_for(lambda: have_succeeded(first))
    accepted = proxy.accepted
    tasks = publish_sleeps(fault_worker.queue, 30)
    wait_for(lambda: have_succeeded(tasks))
    assert proxy.accepted <= accepted + 1, "only a worker that has just started opens another one, to look for chords"


@over("threads")
def test_each_thread_keeps_one_connection(fault_worker: FaultWorker) -> None:
    tasks = publish_sleeps(fault_worker.queue, 40, seconds=0.01)
    wait_for(lambda: have_succeeded(tasks))
    assert fault_worker.proxy.accepted <= 10


@over("kept connection")
def test_connections_killed_by_the_server_are_replaced(fault_worker: FaultWorker) -> None:
    before = publish_sleeps(fault_worker.queue, 2)
    wait_for(lambda: have_succeeded(before))
    assert kill_other_connections() >= 1
    after = publish_sleeps(fault_worker.queue, 6)
    wait_for(lambda: have_succeeded(after))


def kill_other_connections() -> int:
    """End all connections to the test database but our own, and return how many there were."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return len(cursor.fetchall())
        cursor.execute("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")
        ids = [row[0] for row in cursor.fetchall()]
        for each in ids:
            with suppress(DatabaseError):  # it may have ended by itself meanwhile
                cursor.execute(f"KILL {each}")
        return len(ids)
