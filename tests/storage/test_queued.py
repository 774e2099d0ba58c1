"""Queued tasks are visible where the setting says so: after the publish, after the commit, never in a worker's way."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, chain
from celery.beat import ScheduleEntry, Scheduler
from django.db import connection, connections, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from django_celery_results.actions.retry import retry
from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import TaskMessage, TaskResult
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.tasks import TaskRef
from django_celery_results.states import TaskState
from tests.celery_app import NOWHERE, app
from tests.tasks import add
from tests.workers import RunWorker, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def tracked(settings: Any) -> Iterator[None]:
    settings.DJANGO_CELERY_RESULTS = {"TRACK_QUEUED": True}
    yield
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(NOWHERE)


def queue_nowhere(**options: Any) -> Any:
    return add.apply_async((1, 2), queue=NOWHERE, **options)


def test_a_queued_task_has_a_row() -> None:
    eta = timezone.now() + timedelta(hours=1)
    queued = queue_nowhere(eta=eta, headers={"dcr_retry_of": "earlier"})
    row = TaskResult.objects.get(task_id=queued.id)
    assert (row.status, row.task_name, row.queue, row.task_args) == ("PENDING", "tests.tasks.add", NOWHERE, '"(1, 2)"')
    assert (row.root_id, row.eta, row.retried_from) == (queued.id, eta, "earlier")
    assert (row.worker, row.result, row.attempt) == (None, None, None)
    assert queued.state == "PENDING"


def test_a_task_sent_in_a_transaction_has_its_row_after_the_commit() -> None:
    with transaction.atomic():
        queued = queue_nowhere()
        assert not TaskResult.objects.exists()
    assert TaskResult.objects.get().task_id == queued.id


def test_a_transaction_rolled_back_leaves_no_row() -> None:
    with transaction.atomic():
        queue_nowhere()
        transaction.set_rollback(True)
    assert not TaskResult.objects.exists()


def test_a_task_sent_by_a_coroutine_has_a_row() -> None:
    async def publish() -> Any:
        return queue_nowhere()

    queued = asyncio.run(publish())  # it ends when its threads have ended
    assert TaskResult.objects.get().task_id == queued.id


def test_in_a_worker_a_coroutine_leaves_no_connection_open(
    as_worker: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"TRACK_QUEUED": True, "KEEP_CONNECTION": True}
    used: list[Any] = []
    store = DatabaseBackend.store_queued

    def noting(backend: DatabaseBackend, *args: Any) -> None:
        store(backend, *args)
        used.append(connections[backend.alias_for_write()])

    async def publish() -> None:
        queue_nowhere()

    monkeypatch.setattr(DatabaseBackend, "store_queued", noting)
    asyncio.run(publish())
    assert TaskResult.objects.exists()
    assert [each.connection for each in used] == [None]


def test_a_publish_that_fails_leaves_no_row() -> None:
    dead = Celery("dead", broker="redis://127.0.0.1:1/0", set_as_current=False)
    with pytest.raises(OperationalError), dead.connection_for_write() as broker:
        add.apply_async((1, 2), connection=broker, retry=False)
    assert not TaskResult.objects.exists()


def test_a_task_whose_result_is_ignored_has_no_row() -> None:
    queue_nowhere(ignore_result=True)
    assert not TaskResult.objects.exists()


def test_tasks_sent_by_name_or_by_beat_have_rows() -> None:
    by_name = app.send_task("tests.tasks.of_another_project", queue=NOWHERE)
    entry = ScheduleEntry(
        name="nightly", task="tests.tasks.add", args=(1, 2), schedule=60, options={"queue": NOWHERE}, app=app
    )
    by_beat = Scheduler(app).apply_async(entry)
    assert set(TaskResult.objects.values_list("task_id", flat=True)) == {by_name.id, by_beat.id}


def test_without_the_setting_there_is_no_row(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {}
    queue_nowhere()
    assert not TaskResult.objects.exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a transaction on SQLite locks everybody out")
def test_a_worker_never_waits_for_the_transaction_of_a_caller(run_worker: RunWorker) -> None:
    with run_worker(results={"TRACK_QUEUED": True}) as worker:
        with transaction.atomic():
            sent = add.apply_async((1, 2), queue=worker.queue)
            assert sent.get(timeout=10) == 3
        assert TaskResult.objects.get().status == "SUCCESS"


def test_a_worker_completes_the_rows_of_queued_tasks(run_worker: RunWorker) -> None:
    with run_worker(results={"TRACK_QUEUED": True}) as worker:
        links = chain(add.s(1, 2).set(queue=worker.queue), add.s(3).set(queue=worker.queue)).apply_async()
        assert links.get(timeout=10) == 6
        # Celery publishes the next link before it stores the result of this one.
        wait_for(lambda: set(TaskResult.objects.values_list("status", flat=True)) == {"SUCCESS"})
        assert TaskResult.objects.count() == 2


def test_a_queued_task_can_be_sent_again_as_it_was() -> None:
    queued = add.apply_async((1,), {"y": 2}, queue=NOWHERE, priority=4, headers={"tenant": "a"})
    assert TaskResult.objects.get().priority == 4
    outcome = retry(SYSTEM, TaskRef(task_id=queued.id), allow_states=[TaskState.PENDING], dry_run=True)
    assert outcome.preview is not None
    preview = outcome.preview
    assert (preview.args, preview.kwargs, preview.headers["tenant"]) == ([1], {"y": 2}, "a")
    assert (preview.queue, preview.priority) == (NOWHERE, 4)


@pytest.mark.parametrize(
    ("options", "results"),
    [({"argsrepr": "(***)"}, {}), ({}, {"STORE_MESSAGES": "never"}), ({"ignore_result": True}, {})],
)
def test_the_message_of_a_queued_task_is_kept_only_where_it_may_be(
    options: dict[str, Any], results: dict[str, Any], settings: Any
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"TRACK_QUEUED": True, **results}
    queue_nowhere(**options)
    assert not TaskMessage.objects.exists()


def test_the_message_of_a_queued_task_goes_when_it_succeeds(run_worker: RunWorker) -> None:
    with run_worker(results={"TRACK_QUEUED": True}) as worker:
        waiting = add.apply_async((1, 2), queue=worker.queue, countdown=1)
        assert TaskMessage.objects.get().task_id == waiting.id
        assert waiting.get(timeout=10) == 3
        wait_for(lambda: not TaskMessage.objects.exists())
