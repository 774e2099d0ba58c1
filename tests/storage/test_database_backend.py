"""`DatabaseBackend`: the columns that it stores for a request, and what Celery reads back."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import states
from celery.app.task import Context
from celery.result import AsyncResult
from django.db import connection
from django.utils import timezone

from django_celery_results.backends import DatabaseBackend
from django_celery_results.exceptions import TaskIdTooLong
from django_celery_results.models import GroupResult, TaskMessage, TaskResult
from tests.celery_app import app
from tests.factories import create_task
from tests.storage.requests import task_request
from tests.storage.state_model import ProjectState

pytestmark = pytest.mark.django_db


def stored_task(task_id: str) -> TaskResult:
    return TaskResult.objects.get(task_id=task_id)


def test_mark_as_done_stores_the_fields_of_the_request(backend: DatabaseBackend) -> None:
    eta = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
    request = task_request(
        retries=2,
        eta=eta.isoformat(),
        parent_id="parent",
        group="group",
        headers={"periodic_task_name": "nightly", "dcr_retry_of": "earlier"},
    )
    backend.mark_as_done(request.id, {"sum": 3}, request=request)
    stored = stored_task(request.id)
    assert json.loads(str(stored.result)) == {"sum": 3}
    assert (stored.task_name, stored.worker, stored.queue) == ("tests.tasks.add", "worker@test", "fast")
    assert (stored.priority, stored.retries, stored.eta) == (3, 2, eta)
    assert (stored.root_id, stored.parent_id, stored.group_id) == (request.id, "parent", "group")
    assert (stored.periodic_task_name, stored.retried_from) == ("nightly", "earlier")
    assert (stored.task_args, stored.task_kwargs) == ('"(1, 2)"', "\"{'key': 'value'}\"")


def test_periodic_task_name_is_read_from_message_properties_of_old_publishers(backend: DatabaseBackend) -> None:
    request = task_request(properties={"periodic_task_name": "nightly"})
    backend.mark_as_done(request.id, 1, request=request)
    assert stored_task(request.id).periodic_task_name == "nightly"


def test_arguments_are_stored_only_with_result_extended(
    backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.conf, "result_extended", False)
    request = task_request()
    backend.mark_as_done(request.id, 1, request=request)
    stored = stored_task(request.id)
    assert (stored.task_args, stored.task_kwargs) == (None, None)
    assert (stored.task_name, stored.worker) == ("tests.tasks.add", "worker@test")


def test_arguments_without_argsrepr_are_stored_as_json(backend: DatabaseBackend) -> None:
    request = task_request(argsrepr=None, kwargsrepr=None, args=["y"], kwargs={})
    backend.mark_as_done(request.id, 1, request=request)
    assert stored_task(request.id).task_args == '["y"]'


def test_state_stored_without_a_request_keeps_the_other_columns(backend: DatabaseBackend) -> None:
    request = task_request()
    request.children.append(AsyncResult("child", app=app))
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    before = stored_task(request.id)
    backend.store_result(request.id, {"done": 1}, "PROGRESS")
    after = stored_task(request.id)
    kept = ("task_name", "worker", "task_args", "task_kwargs", "meta", "date_started", "queue", "root_id", "date_done")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.status == "PROGRESS"


def test_request_of_another_task_is_ignored(backend: DatabaseBackend) -> None:
    backend.store_result("other", {"done": 1}, "PROGRESS", request=task_request())
    stored = stored_task("other")
    assert (stored.task_name, stored.worker, stored.attempt) == (None, None, None)


def test_task_ids_may_be_uuid_objects(backend: DatabaseBackend) -> None:
    request = task_request()
    task_id = request.id = uuid.UUID(request.id)
    backend.mark_as_failure(task_id, ValueError(), request=request)
    assert stored_task(str(task_id)).attempt == 0
    assert TaskMessage.objects.get().task_id == str(task_id)


def test_failure_of_an_unregistered_task_stores_its_name(backend: DatabaseBackend) -> None:
    class Unregistered:
        name, chord, root_id, correlation_id, reply_to, errbacks = "gone.task", None, "root", None, None, None

    backend.mark_as_failure("u", KeyError("gone.task"), request=Unregistered())
    assert (stored_task("u").task_name, stored_task("u").root_id, stored_task("u").error_type) == (
        "gone.task",
        "root",
        "KeyError",
    )


def test_date_done_changes_with_a_final_state_only(backend: DatabaseBackend) -> None:
    request = task_request()
    backend.store_result(request.id, {}, states.STARTED, request=request)
    early = timezone.now() - timedelta(days=1)
    TaskResult.objects.update(date_done=early, date_started=early)
    backend.store_result(request.id, {}, "PROGRESS", request=request)
    assert stored_task(request.id).date_done == early
    backend.mark_as_done(request.id, 1, request=request)
    assert stored_task(request.id).date_done > early
    assert stored_task(request.id).date_started == early


def store_failure(
    backend: DatabaseBackend, error: Exception, traceback: str, task: str = "tests.tasks.add"
) -> TaskResult:
    request = task_request(task=task)
    backend.mark_as_failure(request.id, error, traceback=traceback, request=request)
    return stored_task(request.id)


TRACEBACK = 'Traceback:\n  File "/srv/{}/app/views.py", line {}, in view\n    boom()\nError: {}'


def test_errors_of_one_type_and_place_share_a_fingerprint(backend: DatabaseBackend) -> None:
    one = store_failure(backend, ValueError("1"), TRACEBACK.format("a", 10, "one"))
    same = store_failure(backend, ValueError("2"), TRACEBACK.format("b", 11, "two"))
    other_type = store_failure(backend, KeyError("1"), TRACEBACK.format("a", 10, "one"))
    other_task = store_failure(backend, ValueError("1"), TRACEBACK.format("a", 10, "one"), task="other")
    assert one.error_fingerprint == same.error_fingerprint
    assert len({one.error_fingerprint, other_type.error_fingerprint, other_task.error_fingerprint}) == 3
    assert (one.error_type, other_type.error_type) == ("ValueError", "KeyError")


def test_success_after_a_retry_clears_the_error(backend: DatabaseBackend) -> None:
    request = task_request()
    backend.mark_as_retry(request.id, ValueError("again"), traceback="Traceback", request=request)
    assert stored_task(request.id).error_type == "ValueError"
    again = task_request(request.id, retries=1)
    backend.mark_as_done(request.id, 1, request=again)
    stored = stored_task(request.id)
    assert (stored.error_type, stored.error_fingerprint, stored.traceback) == (None, None, None)


def test_get_task_meta_returns_the_stored_fields(backend: DatabaseBackend) -> None:
    request = task_request(retries=1, group="g", parent_id="p")
    backend.mark_as_done(request.id, [1], request=request)
    meta = backend.get_task_meta(request.id)
    names = ("status", "result", "name", "args", "kwargs", "worker", "retries", "queue", "group_id", "parent_id")
    assert [meta[name] for name in names] == [
        "SUCCESS", [1], "tests.tasks.add", "(1, 2)", "{'key': 'value'}", "worker@test", 1, "fast", "g", "p",
    ]  # fmt: skip
    assert meta["children"] == []
    assert meta["date_done"] == stored_task(request.id).date_done


def test_unknown_task_is_pending(backend: DatabaseBackend) -> None:
    meta = backend.get_task_meta("unknown")
    assert (meta["status"], meta["result"], meta["task_name"], meta["traceback"]) == ("PENDING", None, None, None)
    assert not backend.task_result_exists("unknown")


def test_task_result_exists_for_a_pending_row(backend: DatabaseBackend) -> None:
    TaskResult.objects.store_result("application/json", "utf-8", "queued", None, "PENDING", task_name="n")
    assert backend.task_result_exists("queued")
    assert backend.get_task_meta("queued")["name"] == "n"


@pytest.mark.skipif(not hasattr(AsyncResult, "exists"), reason="new in Celery 5.7")
def test_async_result_exists_if_the_task_has_a_row() -> None:
    TaskResult.objects.store_result("application/json", "utf-8", "queued", None, "PENDING")
    assert AsyncResult("queued", app=app).exists()
    assert not AsyncResult("unknown", app=app).exists()


def test_meta_of_the_request_is_returned_and_overrides_no_column(backend: DatabaseBackend) -> None:
    request = task_request()
    request.meta = {"status": "HACKED", "result": "hacked", "note": "mine"}
    backend.mark_as_done(request.id, "true", request=request)
    meta = backend.get_task_meta(request.id)
    assert (meta["status"], meta["result"], meta["note"]) == ("SUCCESS", "true", "mine")


def test_arguments_stored_as_bare_text_are_returned_unchanged(backend: DatabaseBackend) -> None:
    create_task("old", task_args="(1, 2)")
    assert backend.get_task_meta("old")["args"] == "(1, 2)"


@pytest.mark.parametrize("name", ["status", "state"])
def test_store_result_accepts_status_or_state(backend: DatabaseBackend, name: str) -> None:
    backend._store_result("named", {"n": 1}, **{name: "PROGRESS"})
    assert stored_task("named").status == "PROGRESS"


INVALID = "a\0b\ud800c" + "x" * 300


def test_unstorable_text_does_not_lose_the_state(backend: DatabaseBackend) -> None:
    request = task_request(
        task=INVALID, hostname=INVALID, argsrepr=INVALID, root_id=INVALID, group=INVALID, parent_id=INVALID,
        headers={"periodic_task_name": INVALID}, delivery_info={"routing_key": INVALID, "priority": "many"},
        eta="not a time", retries="several",
    )  # fmt: skip
    backend.mark_as_failure(request.id, ValueError(INVALID), traceback=INVALID, request=request)
    stored = stored_task(request.id)
    assert stored.status == "FAILURE"
    assert stored.traceback == "a\ufffdb\ufffdc" + "x" * 300
    assert len(str(stored.worker)) == 100
    assert "\N{HORIZONTAL ELLIPSIS}" in str(stored.worker), "truncated text ends visibly"
    assert isinstance(backend.get_task_meta(request.id)["result"], ValueError)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "mysql", reason="others store all of Unicode in every column")
def test_latin1_column_does_not_lose_the_state(backend: DatabaseBackend) -> None:
    def charset(name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE django_celery_results_taskresult MODIFY traceback LONGTEXT CHARACTER SET {name}"
            )

    charset("latin1")
    try:
        request = task_request()
        backend.mark_as_failure(request.id, ValueError("no"), traceback="\N{SNOWMAN} says no", request=request)
        assert stored_task(request.id).traceback == "\\u2603 says no"
    finally:
        charset("utf8mb4")


@pytest.mark.parametrize("state", ProjectState)
def test_states_may_be_enum_members(backend: DatabaseBackend, state: ProjectState) -> None:
    backend.store_result("by backend", 1, state, request=task_request("by backend"))
    TaskResult.objects.store_result("application/json", "utf-8", "by manager", "1", state)
    assert set(TaskResult.objects.values_list("status", flat=True)) == {state.value}
    assert backend.get_state("by backend") == state.value


def test_too_long_states_are_truncated(backend: DatabaseBackend) -> None:
    backend.store_result("long", 1, "S" * 80)
    assert len(stored_task("long").status) == 50


def test_too_long_task_ids_are_rejected_with_a_hint(backend: DatabaseBackend) -> None:
    with pytest.raises(TaskIdTooLong, match="DJANGO_CELERY_RESULTS_TASK_ID_MAX_LENGTH"):
        backend.store_result("x" * 300, 1, states.SUCCESS)


@pytest.mark.parametrize("task_id", ["nul \0", "surrogate \ud800", "two \0\ud800"], ids=ascii)
def test_results_are_found_by_ids_that_no_database_stores_as_they_are(backend: DatabaseBackend, task_id: str) -> None:
    backend.mark_as_failure(task_id, ValueError("first"), request=task_request(task_id))  # with its message's record
    backend.mark_as_done(task_id, {"sum": 3}, request=task_request(task_id, retries=1))
    result = AsyncResult(task_id, app=app)
    assert result.get(timeout=1) == {"sum": 3}
    assert backend.task_result_exists(task_id)
    assert result.result == {"sum": 3}
    saved = app.GroupResult(task_id, [result])
    saved.save(backend=backend)
    restored = app.GroupResult.restore(task_id, backend=backend)
    assert restored.get(timeout=1) == [{"sum": 3}]
    restored.delete(backend=backend)
    result.forget()
    assert not backend.task_result_exists(task_id)
    assert not TaskMessage.objects.exists()
    assert not GroupResult.objects.exists()


@pytest.mark.parametrize("task_id", [None, ""])
def test_managers_refuse_to_store_a_state_without_a_task_id(task_id: Any) -> None:
    with pytest.raises(ValueError, match="task_id must not be empty"):
        TaskResult.objects.store_result("application/json", "utf-8", task_id, "1", states.SUCCESS)
    with pytest.raises(ValueError, match="group_id must not be empty"):
        GroupResult.objects.store_group_result("application/json", "utf-8", task_id, "[]")
    assert not TaskResult.objects.exists()
    assert not GroupResult.objects.exists()


def test_exceptions_that_cannot_be_encoded_are_stored_as_text(backend: DatabaseBackend) -> None:
    backend._store_result("odd", {"exc_type": {1, 2}}, states.FAILURE)
    assert stored_task("odd").status == "FAILURE"


@pytest.mark.parametrize("serializer", ["json", "pickle", "yaml", "msgpack"])
def test_results_are_decoded_with_the_serializer_of_their_row(
    serializer: str, backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip({"yaml": "yaml", "msgpack": "msgpack"}.get(serializer, "json"))
    monkeypatch.setitem(app.conf, "result_serializer", serializer)
    monkeypatch.setitem(app.conf, "accept_content", ["json", serializer])
    writer = DatabaseBackend(app)
    writer.store_result("s", {"a": [1, "\0"]}, states.SUCCESS)
    monkeypatch.setitem(app.conf, "result_serializer", "json")
    assert DatabaseBackend(app).get_task_meta("s")["result"] == {"a": [1, "\0"]}


@pytest.mark.skipif(not hasattr(DatabaseBackend, "supports_failure_expires"), reason="new in Celery 5.7")
def test_compressed_results_are_readable_after_compression_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf, "result_compression", "gzip")
    DatabaseBackend(app).store_result("z", "x" * 10_000, states.SUCCESS)
    assert len(str(stored_task("z").result)) < 1_000
    monkeypatch.setitem(app.conf, "result_compression", None)
    assert DatabaseBackend(app).get_task_meta("z")["result"] == "x" * 10_000


def test_groups_are_saved_restored_and_deleted(backend: DatabaseBackend) -> None:
    group = app.GroupResult(str(uuid.uuid4()), [AsyncResult("a", app=app), AsyncResult("b", app=app)])
    backend.save_group(group.id, group)
    backend.save_group(group.id, group)
    assert [member.id for member in backend.restore_group(group.id)] == ["a", "b"]
    assert GroupResult.objects.count() == 1
    backend.delete_group(group.id)
    backend.delete_group(group.id)
    assert backend.restore_group(group.id) is None


@pytest.mark.django_db(transaction=True)  # within a transaction the row is stored on a connection beside it
def test_store_queued_does_not_replace_the_state_of_a_finished_task(backend: DatabaseBackend) -> None:
    request = task_request()
    backend.mark_as_done(request.id, 1, request=request)
    backend.store_queued(request.id, Context({"id": request.id, "task": "tests.tasks.add"}))
    assert stored_task(request.id).status == "SUCCESS"
