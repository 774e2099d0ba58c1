"""Subclasses of backends, managers and models that projects wrote for the 2.x package: each override takes effect."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from celery import states
from celery._state import _task_stack
from celery.result import AsyncResult
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import isolate_apps

from django_celery_results.backends import DatabaseBackend
from django_celery_results.backends.chord_results import ChordResults
from django_celery_results.managers import TaskResultManager
from django_celery_results.models import ChordPart, TaskMessage, TaskResult
from tests.celery_app import app
from tests.factories import create_task, days_ago
from tests.storage.requests import task_request

pytestmark = pytest.mark.django_db


def proxy_model(manager: models.Manager[Any], **more: Any) -> Any:
    """Return a proxy of `TaskResult` with this manager, as a project may have one."""
    meta = type("Meta", (), {"proxy": True, "app_label": "django_celery_results"})
    return type("Own", (TaskResult,), {"objects": manager, "Meta": meta, "__module__": __name__, **more})


def backend_with_model(model: Any) -> DatabaseBackend:
    return type("Backend", (DatabaseBackend,), {"TaskModel": model})(app)


def test_overridden_extended_properties_change_and_add_columns() -> None:
    class Backend(DatabaseBackend):
        def _get_extended_properties(self, request: Any, traceback: Any) -> dict[str, Any]:
            properties = super()._get_extended_properties(request, traceback)
            changed = {"task_name": properties["task_name"].upper(), "traceback": properties["traceback"] and "hidden"}
            return {**properties, **changed, "queue": "renamed", "task_args": None, "tenant": "no such column"}

    request = task_request()
    Backend(app).mark_as_failure(request.id, KeyError(), traceback="secret", request=request)
    stored = TaskResult.objects.get(task_id=request.id)
    assert (stored.task_name, stored.traceback, stored.task_args) == ("TESTS.TASKS.ADD", "hidden", None)
    assert stored.queue == "renamed"
    assert (stored.worker, stored.task_kwargs) == ("worker@test", "\"{'key': 'value'}\"")


def test_overridden_meta_from_request_adds_to_the_meta() -> None:
    class Backend(DatabaseBackend):
        def _get_meta_from_request(self, request: Any = None) -> dict[str, Any]:
            return {**super()._get_meta_from_request(request), "tenant": 7}

    backend, request = Backend(app), task_request(meta={"own": 1})
    backend.mark_as_done(request.id, 3, request=request)
    meta = backend.get_task_meta(request.id)
    assert (meta["tenant"], meta["own"], meta["children"]) == (7, 1, [])


def test_meta_without_a_request_is_that_of_the_running_task(backend: DatabaseBackend) -> None:
    task, request = app.tasks["tests.tasks.add"], task_request(meta={"tenant": 7})
    task.request_stack.push(request)
    _task_stack.push(task)
    try:
        assert backend._get_meta_from_request() == {"tenant": 7}
    finally:
        _task_stack.pop()
        task.request_stack.pop()


def test_chord_members_are_counted_by_a_store_result_with_the_signature_of_2x() -> None:
    class Backend(DatabaseBackend):
        def _store_result(  # type: ignore[override]
            self, task_id: Any, result: Any, status: Any, traceback: Any = None, request: Any = None, using: Any = None
        ) -> Any:
            return super()._store_result(task_id, result, status, traceback, request, using)

    assert_member_is_counted(Backend(app))
    assert TaskResult.objects.get().status == states.SUCCESS


def test_attempts_are_told_apart_by_a_store_result_written_for_2x() -> None:
    class Backend(DatabaseBackend):
        def _store_result(  # type: ignore[override]
            self, task_id: Any, result: Any, status: Any, traceback: Any = None, request: Any = None, using: Any = None
        ) -> Any:
            content_type, content_encoding, content = self.encode_content(result)
            self.TaskModel._default_manager.store_result(
                content_type, content_encoding, task_id, content, status, using=using,
                **self._get_extended_properties(request, traceback),
            )  # fmt: skip

    backend = Backend(app)
    stored: list[str] = []
    for retries, state in ((0, "STARTED"), (0, "RETRY"), (1, "STARTED"), (1, "PROGRESS"), (0, "PROGRESS")):
        backend.store_result("t", None, state, request=task_request("t", retries=retries))
        stored.append(TaskResult.objects.get().status)
    backend.mark_as_done("t", 3, request=task_request("t", retries=1))
    assert [*stored, backend.get_state("t")] == ["STARTED", "RETRY", "STARTED", "PROGRESS", "PROGRESS", "SUCCESS"]


def assert_member_is_counted(backend: DatabaseBackend) -> None:
    """Finish one of two members of a chord, and assert that its part is stored."""
    body = app.signature("tests.tasks.add", options={"task_id": "body"})
    backend.apply_chord(("chord", [AsyncResult("one", app=app), AsyncResult("two", app=app)]), body)
    request = task_request("one", group="chord", group_index=0, chord=dict(body))
    backend.mark_as_done("one", {"x": [1]}, request=request)
    assert ChordPart.objects.get(group_id="chord").state == states.SUCCESS


class JobManager(TaskResultManager[Any]):
    """A manager with arguments beside those of the 2.x package, and with an own way to delete."""

    expired: ClassVar[list[Any]] = []

    def store_result(  # type: ignore[override]
        self, task_id: str, result: Any, status: str, traceback: Any = None, meta: Any = None, task_name: Any = None,
        task_args: Any = None, user: Any = None, date_started: Any = None, using: Any = None, **ignored: Any,
    ) -> Any:  # fmt: skip
        columns = {"status": status, "result": result, "meta": meta, "user": user, "task_args": task_args}
        if date_started:
            columns["date_started"] = date_started
        return self.using(using).update_or_create(task_id=task_id, defaults=columns)[0]

    def delete_expired(self, expires: Any, batch_size: int = 0) -> int:
        self.expired.append(expires)
        return 0


@pytest.fixture
def job_backend(transactional_db: None) -> Iterator[DatabaseBackend]:
    """A backend that stores JSON in a table of the project's own."""
    with isolate_apps("django_celery_results"):

        class Job(models.Model):  # noqa: DJ008 - never displayed
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


class ReversedTextField(models.TextField):  # type: ignore[type-arg]
    """A field that converts its values, as one that encrypts does."""

    def get_prep_value(self, value: Any) -> Any:
        return value and value[::-1]

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return value and value[::-1]


@contextmanager
def copied_model(**changed: Any) -> Iterator[Any]:
    """Create a model of a project with the columns of `TaskResult`, some of them changed."""
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
def test_custom_fields_convert_stored_values() -> None:
    with copied_model(result=ReversedTextField(null=True)) as model:
        backend, request = backend_with_model(model), task_request()
        backend.mark_as_done(request.id, "card", request=request)
        with connection.cursor() as cursor:
            cursor.execute("SELECT result FROM test_copy")
            assert list(cursor.fetchall()) == [('"drac"',)]
        assert backend.get_task_meta(request.id)["result"] == "card"


@pytest.mark.django_db(transaction=True)
@isolate_apps("django_celery_results")
def test_custom_primary_keys_get_their_default() -> None:
    with copied_model(id=models.UUIDField(primary_key=True, default=uuid.uuid4)) as model:
        backend, request = backend_with_model(model), task_request()
        backend.store_result(request.id, None, states.STARTED, request=request)
        backend.mark_as_done(request.id, "done", request=request)
        assert isinstance(model.objects.get().pk, uuid.UUID)
        assert backend.get_task_meta(request.id)["result"] == "done"


def test_custom_manager_receives_values_and_arguments_of_its_backend(job_backend: DatabaseBackend) -> None:
    request = task_request()
    job_backend.store_result(request.id, None, states.STARTED, request=request)
    job_backend.mark_as_done(request.id, {"x": [1]}, request=request)
    job = job_backend.TaskModel.objects.get(task_id=request.id)
    assert (job.status, job.result, job.meta) == ("SUCCESS", {"x": [1]}, {"children": []})
    assert (job.user, job.task_args, job.date_started is not None) == ("ada", [1, 2], True)
    meta = job_backend.get_task_meta(request.id)
    assert (meta["result"], meta["user"], meta["children"]) == ({"x": [1]}, "ada", [])


def test_chord_members_may_be_encoded_into_other_types_than_text(job_backend: DatabaseBackend) -> None:
    assert_member_is_counted(job_backend)
    assert ChordResults(job_backend, "chord", None, 1).read("default") == [{"x": [1]}]


def test_cleanup_calls_an_overridden_delete_expired(job_backend: DatabaseBackend) -> None:
    JobManager.expired.clear()
    request = task_request()
    job_backend.mark_as_done(request.id, 1, request=request)
    job_backend.TaskModel.objects.update(date_done="2000-01-01T00:00:00Z")
    job_backend.cleanup()
    assert JobManager.expired == [job_backend.expires]
    assert job_backend.TaskModel.objects.exists()


def test_prune_command_deletes_from_the_model_of_the_backend(
    job_backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(app), "backend", property(lambda _: job_backend))
    JobManager.expired.clear()
    job_backend.store_result("job", None, states.FAILURE)
    TaskMessage.objects.create(task_id="job", task_name="t")
    TaskMessage.objects.update(date_created=days_ago(0.1))
    call_command("prune_task_results", "--older-than", "1d")
    assert JobManager.expired == [86_400.0]
    assert TaskMessage.objects.exists()
    job_backend.TaskModel.objects.update(date_done="2000-01-01T00:00:00Z")
    call_command("prune_task_results", "--older-than", "1d", "--state", "FAILURE")
    assert not job_backend.TaskModel.objects.exists()


@isolate_apps("django_celery_results")
def test_custom_queryset_may_be_mixed_into_the_manager() -> None:
    class Restricted(models.QuerySet[Any]):
        def restrict(self) -> Any:
            return self.filter(status=states.SUCCESS)

    class Manager(models.Manager.from_queryset(Restricted), TaskResultManager[Any]):  # type: ignore[misc]
        pass

    model = proxy_model(Manager())
    request = task_request()
    backend_with_model(model).mark_as_done(request.id, 3, request=request)
    assert model.objects.restrict().get().result == "3"


@isolate_apps("django_celery_results")
def test_get_task_meta_uses_overridden_get_task_and_as_dict() -> None:
    class Manager(TaskResultManager[Any]):
        def get_task(self, task_id: str) -> Any:
            task = super().get_task(task_id)
            task.worker = "somebody"
            return task

    def as_dict(self: Any) -> dict[str, Any]:
        return {**TaskResult.as_dict(self), "started": "then"}

    backend, request = backend_with_model(proxy_model(Manager(), as_dict=as_dict)), task_request()
    backend.mark_as_done(request.id, 3, request=request)
    meta = backend.get_task_meta(request.id)
    assert (meta["worker"], meta["started"], meta["result"]) == ("somebody", "then", 3)


@pytest.mark.parametrize("content_type", ["", "json"])
def test_rows_without_a_content_type_are_decoded(backend: DatabaseBackend, content_type: str) -> None:
    create_task("t", result='{"a": 1}', content_type=content_type, content_encoding="")
    assert backend.get_task_meta("t")["result"] == {"a": 1}


@pytest.mark.parametrize("value", [True, 42])
def test_values_other_than_text_are_stored_as_text(value: Any) -> None:
    TaskResult.objects.store_result("application/json", "utf-8", "t", value, "SUCCESS", task_args=[1])  # type: ignore[arg-type]
    stored = TaskResult.objects.get()
    assert (stored.result, stored.task_args) == (str(value), "[1]")
