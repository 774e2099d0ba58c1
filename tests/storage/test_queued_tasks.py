"""The setting TRACK_QUEUED: a published task has a row, written after the commit and never in the way of a worker."""

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
from django_celery_results.states import TaskState
from tests.celery_app import NOWHERE, app
from tests.factories import task_ref
from tests.foreign_backend import foreign_backend
from tests.isolation import new_queue
from tests.tasks import add
from tests.workers import PATIENCE, Worker, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def track_queued(settings: Any) -> Iterator[None]:
    settings.DJANGO_CELERY_RESULTS = {"TRACK_QUEUED": True}
    yield
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(NOWHERE)


def publish(**options: Any) -> Any:
    """Publish a task to the queue that no worker reads."""
    return add.apply_async((1, 2), queue=NOWHERE, **options)


def test_queued_tasks_have_a_pending_row() -> None:
    eta = timezone.now() + timedelta(hours=1)
    queued = publish(eta=eta, headers={"dcr_retry_of": "earlier"})
    row = TaskResult.objects.get(task_id=queued.id)
    assert (row.status, row.task_name, row.queue, row.task_args) == ("PENDING", "tests.tasks.add", NOWHERE, '"(1, 2)"')
    assert (row.root_id, row.eta, row.retried_from) == (queued.id, eta, "earlier")
    assert (row.worker, row.result, row.attempt) == (None, None, None)
    assert queued.state == "PENDING"


def test_row_of_a_task_published_in_a_transaction_is_written_after_the_commit() -> None:
    with transaction.atomic():
        queued = publish()
        assert not TaskResult.objects.exists()
    assert TaskResult.objects.get().task_id == queued.id


def test_task_published_in_a_rolled_back_transaction_has_no_row() -> None:
    with transaction.atomic():
        publish()
        transaction.set_rollback(True)
    assert not TaskResult.objects.exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a writer keeps all others out until it commits")
def test_task_published_in_a_transaction_by_hand_has_its_row_at_once(as_worker: None) -> None:
    """Its message is on the way, and the worker's own write must not wait for the transaction."""
    transaction.set_autocommit(False)
    try:
        queued = publish()
        transaction.rollback()
    finally:
        transaction.set_autocommit(True)
    assert TaskResult.objects.get().task_id == queued.id


def test_task_published_by_a_coroutine_has_a_row() -> None:
    async def publish_in_coroutine() -> Any:
        return publish()

    queued = asyncio.run(publish_in_coroutine())  # ends with the threads that it started
    assert TaskResult.objects.get().task_id == queued.id


def test_coroutine_on_a_foreign_backend_leaves_the_row_to_the_worker() -> None:
    """The thread that would write it might serve another tenant."""

    async def publish_in_coroutine() -> None:
        with foreign_backend():  # coroutines have connections of their own
            publish()

    asyncio.run(publish_in_coroutine())
    assert not TaskResult.objects.exists()
    with foreign_backend():
        publish()
    assert TaskResult.objects.exists()


def test_coroutine_in_a_worker_leaves_no_connection_open(
    as_worker: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"TRACK_QUEUED": True, "KEEP_CONNECTION": True}
    used: list[Any] = []
    store = DatabaseBackend.store_queued

    def store_and_note_connection(backend: DatabaseBackend, *args: Any) -> None:
        store(backend, *args)
        used.append(connections[backend.alias_for_write()])

    async def publish_in_coroutine() -> None:
        publish()

    monkeypatch.setattr(DatabaseBackend, "store_queued", store_and_note_connection)
    asyncio.run(publish_in_coroutine())
    assert TaskResult.objects.exists()
    assert [each.connection for each in used] == [None]


def test_task_that_could_not_be_published_has_no_row() -> None:
    unreachable = Celery("unreachable", broker="redis://127.0.0.1:1/0", set_as_current=False)
    unreachable.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0}
    with pytest.raises(OperationalError), unreachable.connection_for_write() as broker:
        add.apply_async((1, 2), connection=broker, retry=False)
    assert not TaskResult.objects.exists()


def test_task_with_an_ignored_result_has_no_row() -> None:
    publish(ignore_result=True)
    assert not TaskResult.objects.exists()


def test_tasks_published_by_name_or_by_beat_have_rows() -> None:
    by_name = app.send_task("tests.tasks.of_another_project", queue=NOWHERE)
    entry = ScheduleEntry(
        name="nightly", task="tests.tasks.add", args=(1, 2), schedule=60, options={"queue": NOWHERE}, app=app
    )
    by_beat = Scheduler(app).apply_async(entry)
    assert set(TaskResult.objects.values_list("task_id", flat=True)) == {by_name.id, by_beat.id}


def test_queued_tasks_have_no_row_without_the_setting(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {}
    publish()
    assert not TaskResult.objects.exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="a transaction on SQLite locks everybody out")
def test_worker_does_not_wait_for_the_transaction_of_the_publisher(tracking_worker: Worker) -> None:
    with transaction.atomic():
        queued = add.apply_async((1, 2), queue=tracking_worker.queue)
        assert queued.get(timeout=PATIENCE) == 3
    assert TaskResult.objects.get().status == "SUCCESS"


def test_worker_updates_the_rows_of_queued_tasks(tracking_worker: Worker) -> None:
    queue = tracking_worker.queue
    second = chain(add.s(1, 2).set(queue=queue), add.s(3).set(queue=queue)).apply_async()
    assert second.get(timeout=PATIENCE) == 6
    # Celery publishes the second task before it stores the result of the first.
    wait_for(lambda: set(TaskResult.objects.values_list("status", flat=True)) == {"SUCCESS"})
    assert TaskResult.objects.count() == 2


def test_queued_task_can_be_retried_as_it_was_published() -> None:
    queued = add.apply_async((1,), {"y": 2}, queue=NOWHERE, priority=4, headers={"tenant": "a"})
    assert TaskResult.objects.get().priority == 4
    outcome = retry(SYSTEM, task_ref(queued.id), allow_states=[TaskState.PENDING], dry_run=True)
    assert outcome.preview is not None
    preview = outcome.preview
    assert (preview.args, preview.kwargs, preview.headers["tenant"]) == ([1], {"y": 2}, "a")
    assert (preview.queue, preview.priority) == (NOWHERE, 4)


@pytest.mark.parametrize(
    ("options", "changed"),
    [({"argsrepr": "(***)"}, {}), ({}, {"STORE_MESSAGES": "never"}), ({"ignore_result": True}, {})],
)
def test_message_of_a_queued_task_is_kept_only_if_settings_allow_it(
    options: dict[str, Any], changed: dict[str, Any], settings: Any
) -> None:
    settings.DJANGO_CELERY_RESULTS = {"TRACK_QUEUED": True, **changed}
    publish(**options)
    assert not TaskMessage.objects.exists()


def test_message_of_a_queued_task_is_deleted_when_it_succeeds(tracking_worker: Worker) -> None:
    queue = new_queue()  # not read yet: no message is kept where a worker is faster than the publisher
    queued = add.apply_async((1, 2), queue=queue)
    assert TaskMessage.objects.get().task_id == queued.id
    app.control.add_consumer(queue, reply=True, destination=[tracking_worker.hostname])
    assert queued.get(timeout=PATIENCE) == 3
    wait_for(lambda: not TaskMessage.objects.exists())
    app.control.cancel_consumer(queue, reply=True, destination=[tracking_worker.hostname])
