"""Projects may use and override models, managers and signals as the 2.x package lets them."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from celery import Celery, states
from django.db import OperationalError, connection, connections, models, transaction
from django.db.models import signals
from django.db.models.functions import Now
from django.test.utils import isolate_apps

from django_celery_results import managers
from django_celery_results.backends import DatabaseBackend
from django_celery_results.backends.started import held_starts
from django_celery_results.managers import GroupResultManager, TaskResultManager, TxIsolationWarning, transaction_retry
from django_celery_results.models import Chord, ChordPart, GroupResult, TaskMessage, TaskResult
from tests.celery_app import app
from tests.factories import create_task, days_ago
from tests.storage.requests import task_request
from tests.tasks import add

pytestmark = pytest.mark.django_db


@contextmanager
def received_signals(signal: Any, model: type[models.Model]) -> Iterator[list[tuple[bool, str]]]:
    """Collect `created` and the state of each signal that is sent for this model."""
    calls: list[tuple[bool, str]] = []

    def receiver(**kwargs: Any) -> None:
        calls.append((kwargs["created"], kwargs["instance"].status))

    signal.connect(receiver, sender=model)
    try:
        yield calls
    finally:
        signal.disconnect(receiver, sender=model)


def run_task(backend: DatabaseBackend) -> Any:
    request = task_request()
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    backend.mark_as_done(request.id, 3, request=request)
    return request


def test_post_save_is_sent_for_every_state(backend: DatabaseBackend, as_worker: None) -> None:
    with received_signals(signals.post_save, TaskResult) as calls:
        run_task(backend)
    assert calls == [(True, "STARTED"), (False, "SUCCESS")]


def test_changes_by_a_pre_save_receiver_are_stored(backend: DatabaseBackend) -> None:
    def change_worker(instance: TaskResult, **_: Any) -> None:
        instance.worker = str(instance.worker).upper()

    signals.pre_save.connect(change_worker, sender=TaskResult)
    try:
        request = run_task(backend)
    finally:
        signals.pre_save.disconnect(change_worker, sender=TaskResult)
    assert TaskResult.objects.get(task_id=request.id).worker == "WORKER@TEST"


class ManagerOf2x(TaskResultManager[Any]):
    """A manager as projects override it, with the arguments of the 2.x package."""

    calls: list[str] = []

    def store_result(  # type: ignore[override]
        self, content_type: Any, content_encoding: Any, task_id: Any, result: Any, status: Any, traceback: Any = None,
        meta: Any = None, periodic_task_name: Any = None, task_name: Any = None, task_args: Any = None,
        task_kwargs: Any = None, worker: Any = None, using: Any = None,
    ) -> Any:  # fmt: skip
        self.calls.append(status)
        return super().store_result(
            content_type, content_encoding, task_id, result, status, traceback, meta, periodic_task_name, task_name,
            task_args, task_kwargs, worker, using,
        )  # fmt: skip


@isolate_apps("django_celery_results")
def test_manager_with_the_arguments_of_2x_stores_all_columns(as_worker: None) -> None:
    class Job(TaskResult):
        objects = ManagerOf2x()

        class Meta:
            proxy = True
            app_label = "django_celery_results"

    class Backend(DatabaseBackend):
        TaskModel = Job

    ManagerOf2x.calls.clear()
    request = run_task(Backend(app))
    assert ManagerOf2x.calls == ["STARTED", "SUCCESS"]
    stored = TaskResult.objects.get(task_id=request.id)
    assert (stored.status, stored.queue, stored.attempt, stored.root_id) == ("SUCCESS", "fast", 0, request.id)
    assert stored.date_started is not None


@isolate_apps("django_celery_results")
def test_groups_are_stored_by_the_manager_of_a_custom_model() -> None:
    class Manager(GroupResultManager[GroupResult]):
        stored: ClassVar[list[str]] = []

        def store_group_result(self, content_type: str, content_encoding: str, group_id: str, *more: Any, **kw: Any):  # type: ignore[no-untyped-def]
            self.stored.append(group_id)
            return super().store_group_result(content_type, content_encoding, group_id, *more, **kw)

    class Saved(GroupResult):
        objects = Manager()

        class Meta:
            proxy = True
            app_label = "django_celery_results"

    class Backend(DatabaseBackend):
        GroupModel = Saved

    backend = Backend(app)
    backend.save_group("g", app.GroupResult("g", [app.AsyncResult("member")]))
    assert Manager.stored == ["g"]
    assert backend.restore_group("g").results[0].id == "member"


@pytest.mark.django_db(transaction=True)
@isolate_apps("django_celery_results")
def test_multi_table_child_model_gets_its_row() -> None:
    class Owned(TaskResult):
        owner = models.CharField(max_length=20, default="somebody")

        class Meta:
            app_label = "django_celery_results"
            db_table = "test_owned"

    class Backend(DatabaseBackend):
        TaskModel = Owned

    with connection.schema_editor() as editor:
        editor.create_model(Owned)
    try:
        request = run_task(Backend(app))
        owned = Owned.objects.get(task_id=request.id)
        assert (owned.owner, owned.status, owned.queue) == ("somebody", "SUCCESS", "fast")
        assert TaskResult.objects.count() == 1
        backend = Backend(app)
        assert backend.get_task_meta(request.id)["result"] == 3
        backend.forget(request.id)
        assert not Owned.objects.exists()
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Owned)


def test_manager_store_result_takes_positional_arguments_and_returns_the_row() -> None:
    row: Any = TaskResult.objects.store_result(
        "application/json", "utf-8", "id", "1", "SUCCESS", "tb", "{}", "periodic", "name", "args", "kwargs", "worker"
    )
    stored = (
        row.traceback,
        row.meta,
        row.periodic_task_name,
        row.task_name,
        row.task_args,
        row.task_kwargs,
        row.worker,
    )
    assert stored == ("tb", "{}", "periodic", "name", "args", "kwargs", "worker")


def test_manager_store_result_accepts_a_database_function_as_date_started() -> None:
    row: Any = TaskResult.objects.store_result(
        "application/json", "utf-8", "id", None, "STARTED", using="default", date_started=Now()
    )
    assert row.date_started is not None


def test_get_task_returns_an_unsaved_row_for_an_unknown_id() -> None:
    assert TaskResult.objects.get_task("t").pk is None
    assert TaskResult.objects.get_task("t").status == "PENDING"
    assert GroupResult.objects.get_group("g").pk is None


def test_delete_expired_deletes_expired_rows_in_batches() -> None:
    for number in range(5):
        create_task(f"t{number}", date_done=days_ago(1 if number < 3 else 0))
    assert TaskResult.objects.get_all_expired(3_600).count() == 3
    assert TaskResult.objects.delete_expired(3_600, batch_size=2) == 3
    assert set(TaskResult.objects.values_list("task_id", flat=True)) == {"t3", "t4"}


def test_manager_returns_its_connections_and_engine(settings: Any) -> None:
    assert TaskResult.objects.connection_for_write().alias == "default"
    assert TaskResult.objects.connection_for_read().alias == "default"
    assert TaskResult.objects.current_engine() == settings.DATABASES["default"]["ENGINE"]


@pytest.mark.skipif(connection.vendor != "mysql", reason="only MySQL uses repeatable read by default")
def test_manager_warns_of_repeatable_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "isolation_level", "repeatable read")
    with pytest.warns(TxIsolationWarning):
        TaskResult.objects.warn_if_repeatable_read()


def test_manager_does_not_warn_of_the_default_isolation_level() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TaskResult.objects.warn_if_repeatable_read()


def test_transaction_retry_retries_temporary_errors_as_often_as_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(managers, "recover", lambda alias, error: True)
    calls = []

    class Manager(TaskResultManager[Any]):
        @transaction_retry(max_retries=2)
        def fail(self, error: Exception) -> None:
            calls.append(error)
            raise error

    manager = Manager()
    manager.model = TaskResult
    with pytest.raises(ZeroDivisionError):
        manager.fail(ZeroDivisionError())
    assert len(calls) == 1, "permanent errors are not retried"
    calls.clear()
    with pytest.raises(OperationalError):
        manager.fail(OperationalError())
    assert len(calls) == 3
    calls.clear()
    with pytest.raises(OperationalError):
        manager.fail(OperationalError(), exception_retry_count=0)
    assert len(calls) == 1


@pytest.mark.parametrize(
    "name",
    [
        "django-db",
        "django-db://",
        "django_celery_results.backends:DatabaseBackend",
        "django_celery_results.backends.DatabaseBackend",
        "django_celery_results.backends.database:DatabaseBackend",
        "django_celery_results.backends.database.DatabaseBackend",
    ],
)
def test_backend_is_found_by_each_of_its_names(name: str) -> None:
    named = Celery("named", backend=name, set_as_current=False)
    assert type(named.backend) is DatabaseBackend


def test_row_created_by_a_project_keeps_columns_that_the_request_lacks(
    backend: DatabaseBackend,
) -> None:
    TaskResult.objects.store_result(
        "application/json", "utf-8", "t", None, "PENDING", None, None, "nightly", "proj.task", "(1,)", "{}", "web"
    )
    assert backend.get_task_meta("t")["args"] == "(1,)"
    backend.store_result("t", {"n": 1}, "PROGRESS")
    backend.mark_as_done("t", 3, request=task_request("t", task="proj.task", argsrepr=None, args=None))
    row = TaskResult.objects.get()
    assert (row.status, row.result, row.task_name, row.worker) == ("SUCCESS", "3", "proj.task", "worker@test")
    assert (row.periodic_task_name, row.task_args) == ("nightly", "(1,)")


@pytest.mark.parametrize("task_id", [None, ""])
def test_store_result_rejects_an_empty_task_id(backend: DatabaseBackend, task_id: str | None) -> None:
    with pytest.raises(ValueError, match="task_id must not be empty"):
        backend.store_result(task_id, {"n": 1}, "PROGRESS")  # type: ignore[arg-type]
    assert not TaskResult.objects.exists()


def test_progress_reported_as_started_is_stored_at_once(backend: DatabaseBackend, as_worker: None) -> None:
    request = task_request()
    backend.store_result(request.id, {"pid": 1, "hostname": "worker@test"}, states.STARTED, request=request)
    for step in (1, 2):
        backend.store_result(request.id, {"step": step}, states.STARTED, request=request)
        assert backend.get_result(request.id) == {"step": step}
    assert not held_starts()._held


def test_eager_tasks_are_stored_in_the_transaction_of_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add, "store_eager_result", True)
    eager = add.apply((1,), {"y": 2})
    row = TaskResult.objects.get(task_id=eager.id)
    assert (row.status, row.result, row.task_name) == ("SUCCESS", "3", "tests.tasks.add")
    assert (row.task_args, row.task_kwargs) == ("[1]", '{"y": 2}')


def test_ids_in_new_tables_are_case_sensitive() -> None:
    ids = {"abc", "ABC"}
    for model, key in ((Chord, "group_id"), (TaskMessage, "task_id"), (ChordPart, "task_id")):
        for each in ids:
            model.objects.create(**{"group_id": "g", "index": 0} if model is ChordPart else {}, **{key: each})
        assert set(model.objects.values_list(key, flat=True)) == ids
        assert model.objects.filter(**{key: "abc"}).count() == 1


def test_store_result_is_rolled_back_with_the_transaction_of_the_caller(backend: DatabaseBackend) -> None:
    with transaction.atomic():
        backend.store_result("t", 1, states.SUCCESS)
        assert TaskResult.objects.count() == 1
        transaction.set_rollback(True)
    assert not TaskResult.objects.exists()
