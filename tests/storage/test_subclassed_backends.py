"""Backends and managers that projects subclass as the 2.x package lets them: each hook gets, and gives, what it did."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from celery import states
from celery._state import _task_stack
from celery.result import AsyncResult
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import isolate_apps
from django.utils import timezone

from django_celery_results.backends import DatabaseBackend
from django_celery_results.backends.chord_results import ChordResults
from django_celery_results.managers import TaskResultManager
from django_celery_results.models import ChordPart, TaskMessage, TaskResult
from tests.celery_app import app

from .conftest import request_of

pytestmark = pytest.mark.django_db


def proxy(manager: models.Manager[Any], **more: Any) -> Any:
    """A project's model on our table."""
    meta = type("Meta", (), {"proxy": True, "app_label": "django_celery_results"})
    return type("Own", (TaskResult,), {"objects": manager, "Meta": meta, "__module__": __name__, **more})


def backend_of(model: Any) -> DatabaseBackend:
    return type("Backend", (DatabaseBackend,), {"TaskModel": model})(app)


def test_extended_properties_can_be_read_changed_and_added_to() -> None:
    class Backend(DatabaseBackend):
        def _get_extended_properties(self, request: Any, traceback: Any) -> dict[str, Any]:
            told = super()._get_extended_properties(request, traceback)
            changed = {"task_name": told["task_name"].upper(), "traceback": told["traceback"] and "hidden"}
            return {**told, **changed, "queue": "renamed", "task_args": None, "tenant": "nobody asked for this"}

    request = request_of()
    Backend(app).mark_as_failure(request.id, KeyError(), traceback="secret", request=request)
    stored = TaskResult.objects.get(task_id=request.id)
    assert (stored.task_name, stored.traceback, stored.task_args) == ("TESTS.TASKS.ADD", "hidden", None)
    assert stored.queue == "renamed"
    assert (stored.worker, stored.task_kwargs) == ("worker@test", "\"{'key': 'value'}\"")


def test_the_meta_can_be_added_to() -> None:
    class Backend(DatabaseBackend):
        def _get_meta_from_request(self, request: Any = None) -> dict[str, Any]:
            return {**super()._get_meta_from_request(request), "tenant": 7}

    backend, request = Backend(app), request_of(meta={"own": 1})
    backend.mark_as_done(request.id, 3, request=request)
    meta = backend.get_task_meta(request.id)
    assert (meta["tenant"], meta["own"], meta["children"]) == (7, 1, [])


def test_without_a_request_the_meta_is_that_of_the_task_that_runs(backend: DatabaseBackend) -> None:
    task, request = app.tasks["tests.tasks.add"], request_of(meta={"tenant": 7})
    task.request_stack.push(request)
    _task_stack.push(task)
    try:
        assert backend._get_meta_from_request() == {"tenant": 7}
    finally:
        _task_stack.pop()
        task.request_stack.pop()


def test_a_member_of_a_chord_is_counted_by_a_store_with_the_old_signature() -> None:
    class Backend(DatabaseBackend):
        def _store_result(  # type: ignore[override]
            self, task_id: Any, result: Any, status: Any, traceback: Any = None, request: Any = None, using: Any = None
        ) -> Any:
            return super()._store_result(task_id, result, status, traceback, request, using)

    assert_counts(Backend(app))
    assert TaskResult.objects.get().status == states.SUCCESS


def test_each_run_of_a_task_is_told_where_a_subclass_stores_as_the_old_package_does() -> None:
    class Backend(DatabaseBackend):
        def _store_result(  # type: ignore[override]
            self, task_id: Any, result: Any, status: Any, traceback: Any = None, request: Any = None, using: Any = None
        ) -> Any:
            content_type, content_encoding, content = self.encode_content(result)
            self.TaskModel._default_manager.store_result(
                content_type, content_encoding, task_id, content, status, using=using,
                **self._get_extended_properties(request, traceback),
            )  # fmt: skip

    backend, seen = Backend(app), []
    for retries, state in ((0, "STARTED"), (0, "RETRY"), (1, "STARTED"), (1, "PROGRESS"), (0, "PROGRESS")):
        backend.store_result("t", None, state, request=request_of("t", retries=retries))
        seen.append(TaskResult.objects.get().status)
    backend.mark_as_done("t", 3, request=request_of("t", retries=1))
    assert [*seen, backend.get_state("t")] == ["STARTED", "RETRY", "STARTED", "PROGRESS", "PROGRESS", "SUCCESS"]


def assert_counts(backend: DatabaseBackend) -> None:
    """One of two members returns, and the chord knows what it returned."""
    body = app.signature("tests.tasks.add", options={"task_id": "body"})
    backend.apply_chord(("chord", [AsyncResult("one", app=app), AsyncResult("two", app=app)]), body)
    request = request_of("one", group="chord", group_index=0, chord=dict(body))
    backend.mark_as_done("one", {"x": [1]}, request=request)
    assert ChordPart.objects.get(group_id="chord").state == states.SUCCESS


class JobManager(TaskResultManager[Any]):
    """Its own keywords, beside those of the 2.x package, and its own way to delete."""

    expired: ClassVar[list[Any]] = []

    def store_result(  # type: ignore[override]
        self, task_id: str, result: Any, status: str, traceback: Any = None, meta: Any = None, task_name: Any = None,
        task_args: Any = None, user: Any = None, date_started: Any = None, using: Any = None, **ignored: Any,
    ) -> Any:  # fmt: skip
        told = {"status": status, "result": result, "meta": meta, "user": user, "task_args": task_args}
        if date_started:
            told["date_started"] = date_started
        return self.using(using).update_or_create(task_id=task_id, defaults=told)[0]

    def delete_expired(self, expires: Any, batch_size: int = 0) -> int:
        self.expired.append(expires)
        return 0


@pytest.fixture
def jobs(transactional_db: None) -> Iterator[DatabaseBackend]:
    """A backend that stores JSON in a table of the project's own."""
    with isolate_apps("django_celery_results"):

        class Job(models.Model):  # noqa: DJ008 - nobody shows it
            task_id = models.CharField(max_length=255, unique=True)
            status = models.CharField(max_length=50)
            result, meta, task_args = (models.JSONField(null=True) for _ in range(3))
            user = models.CharField(max_length=20, null=True)
            date_started, date_done = (models.DateTimeField(null=True) for _ in range(2))
            content_type, content_encoding, task_kwargs = "application/x-job", "utf-8", None
            traceback = task_name = worker = None
            objects = JobManager()

            class Meta:
                app_label = "django_celery_results"
                db_table = "test_jobs"

            def as_dict(self) -> dict[str, Any]:
                return {"task_id": self.task_id, "status": self.status, "user": self.user}

        class Backend(DatabaseBackend):
            TaskModel = Job

            def encode_content(self, data: Any) -> Any:
                return "application/x-job", "utf-8", data

            def decode_content(self, obj: Any, content: Any) -> Any:
                return content

            def _get_extended_properties(self, request: Any, traceback: Any) -> dict[str, Any]:
                return {"task_name": request.task, "task_args": request.args, "user": "ada"}

        with connection.schema_editor() as editor:
            editor.create_model(Job)
        yield Backend(app)
        with connection.schema_editor() as editor:
            editor.delete_model(Job)


class Hidden(models.TextField):  # type: ignore[type-arg]
    """A column that encrypts, as a project may have one."""

    def get_prep_value(self, value: Any) -> Any:
        return value and value[::-1]

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return value and value[::-1]


@contextmanager
def copy_of_ours(**changed: Any) -> Iterator[Any]:
    """A project's own model with our columns, some of them changed."""
    copied = {field.name: field.clone() for field in TaskResult._meta.local_fields}
    meta = type("Meta", (), {"app_label": "django_celery_results", "db_table": "test_copy"})
    more = {"objects": TaskResultManager(), "Meta": meta, "__module__": __name__}
    model: Any = type("CopiedResult", (models.Model,), {**copied, **more, **changed})
    with connection.schema_editor() as editor:
        editor.create_model(model)
    try:
        yield model
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(model)


@pytest.mark.django_db(transaction=True)
@isolate_apps("django_celery_results")
def test_a_column_of_the_project_prepares_what_is_stored() -> None:
    with copy_of_ours(result=Hidden(null=True)) as model:
        backend, request = backend_of(model), request_of()
        backend.mark_as_done(request.id, "card", request=request)
        with connection.cursor() as cursor:
            cursor.execute("SELECT result FROM test_copy")
            assert list(cursor.fetchall()) == [('"drac"',)]
        assert backend.get_task_meta(request.id)["result"] == "card"


@pytest.mark.django_db(transaction=True)
@isolate_apps("django_celery_results")
def test_a_key_that_the_project_makes_is_made() -> None:
    with copy_of_ours(id=models.UUIDField(primary_key=True, default=uuid.uuid4)) as model:
        backend, request = backend_of(model), request_of()
        backend.store_result(request.id, None, states.STARTED, request=request)
        backend.mark_as_done(request.id, "done", request=request)
        assert isinstance(model.objects.get().pk, uuid.UUID)
        assert backend.get_task_meta(request.id)["result"] == "done"


def test_a_manager_gets_the_values_and_keywords_that_its_backend_made(jobs: DatabaseBackend) -> None:
    request = request_of()
    jobs.store_result(request.id, None, states.STARTED, request=request)
    jobs.mark_as_done(request.id, {"x": [1]}, request=request)
    job = jobs.TaskModel.objects.get(task_id=request.id)
    assert (job.status, job.result, job.meta) == ("SUCCESS", {"x": [1]}, {"children": []})
    assert (job.user, job.task_args, job.date_started is not None) == ("ada", [1, 2], True)
    meta = jobs.get_task_meta(request.id)
    assert (meta["result"], meta["user"], meta["children"]) == ({"x": [1]}, "ada", [])


def test_members_of_chords_may_be_encoded_into_more_than_text(jobs: DatabaseBackend) -> None:
    assert_counts(jobs)
    assert ChordResults(jobs, "chord", None, 1).read("default") == [{"x": [1]}]


def test_a_manager_that_deletes_in_its_own_way_is_asked_to(jobs: DatabaseBackend) -> None:
    JobManager.expired.clear()
    request = request_of()
    jobs.mark_as_done(request.id, 1, request=request)
    jobs.TaskModel.objects.update(date_done="2000-01-01T00:00:00Z")
    jobs.cleanup()
    assert JobManager.expired == [jobs.expires]
    assert jobs.TaskModel.objects.exists()


def test_the_command_goes_where_the_backend_stores(jobs: DatabaseBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(app), "backend", property(lambda _: jobs))
    JobManager.expired.clear()
    jobs.store_result("job", None, states.FAILURE)
    TaskMessage.objects.create(task_id="job", task_name="t")
    TaskMessage.objects.update(date_created=timezone.now() - timedelta(hours=2))
    call_command("prune_task_results", "--older-than", "1d")
    assert JobManager.expired == [86_400.0]
    assert TaskMessage.objects.exists()
    jobs.TaskModel.objects.update(date_done="2000-01-01T00:00:00Z")
    call_command("prune_task_results", "--older-than", "1d", "--state", "FAILURE")
    assert not jobs.TaskModel.objects.exists()


@isolate_apps("django_celery_results")
def test_a_query_set_of_the_project_may_be_mixed_in() -> None:
    class Restricted(models.QuerySet[Any]):
        def restrict(self) -> Any:
            return self.filter(status=states.SUCCESS)

    class Manager(models.Manager.from_queryset(Restricted), TaskResultManager[Any]):  # type: ignore[misc]
        pass

    model = proxy(Manager())
    request = request_of()
    backend_of(model).mark_as_done(request.id, 3, request=request)
    assert model.objects.restrict().get().result == "3"


@isolate_apps("django_celery_results")
def test_what_get_task_and_as_dict_of_the_project_say_is_told() -> None:
    class Manager(TaskResultManager[Any]):
        def get_task(self, task_id: str) -> Any:
            task = super().get_task(task_id)
            task.worker = "somebody"
            return task

    def as_dict(self: Any) -> dict[str, Any]:
        return {**TaskResult.as_dict(self), "started": "then"}

    backend, request = backend_of(proxy(Manager(), as_dict=as_dict)), request_of()
    backend.mark_as_done(request.id, 3, request=request)
    meta = backend.get_task_meta(request.id)
    assert (meta["worker"], meta["started"], meta["result"]) == ("somebody", "then", 3)


@pytest.mark.parametrize("content_type", ["", "json"])
def test_rows_that_say_nothing_of_their_encoding_are_read(backend: DatabaseBackend, content_type: str) -> None:
    TaskResult.objects.create(task_id="t", status="SUCCESS", result='{"a": 1}', content_type=content_type)
    assert backend.get_task_meta("t")["result"] == {"a": 1}


@pytest.mark.parametrize("value", [True, 42])
def test_a_value_that_is_no_text_is_stored_as_its_text(value: Any) -> None:
    TaskResult.objects.store_result("application/json", "utf-8", "t", value, "SUCCESS", task_args=[1])  # type: ignore[arg-type]
    stored = TaskResult.objects.get()
    assert (stored.result, stored.task_args) == (str(value), "[1]")
