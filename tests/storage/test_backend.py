"""What the backend stores of a request, and what Celery reads back."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from enum import Enum
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

from .conftest import request_of

pytestmark = pytest.mark.django_db


def row(task_id: str) -> TaskResult:
    return TaskResult.objects.get(task_id=task_id)


def test_all_that_a_request_tells_is_stored(backend: DatabaseBackend) -> None:
    eta = datetime(2030, 1, 2, 3, 4, tzinfo=UTC)
    request = request_of(
        retries=2,
        eta=eta.isoformat(),
        parent_id="parent",
        group="group",
        headers={"periodic_task_name": "nightly", "dcr_retry_of": "earlier"},
    )
    backend.mark_as_done(request.id, {"sum": 3}, request=request)
    stored = row(request.id)
    assert json.loads(str(stored.result)) == {"sum": 3}
    assert (stored.task_name, stored.worker, stored.queue) == ("tests.tasks.add", "worker@test", "fast")
    assert (stored.priority, stored.retries, stored.eta) == (3, 2, eta)
    assert (stored.root_id, stored.parent_id, stored.group_id) == (request.id, "parent", "group")
    assert (stored.periodic_task_name, stored.retried_from) == ("nightly", "earlier")
    assert (stored.task_args, stored.task_kwargs) == ('"(1, 2)"', "\"{'key': 'value'}\"")


def test_periodic_names_of_older_publishers_are_found_in_the_properties(backend: DatabaseBackend) -> None:
    request = request_of(properties={"periodic_task_name": "nightly"})
    backend.mark_as_done(request.id, 1, request=request)
    assert row(request.id).periodic_task_name == "nightly"


def test_arguments_are_stored_with_result_extended_only(
    backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.conf, "result_extended", False)
    request = request_of()
    backend.mark_as_done(request.id, 1, request=request)
    stored = row(request.id)
    assert (stored.task_args, stored.task_kwargs) == (None, None)
    assert (stored.task_name, stored.worker) == ("tests.tasks.add", "worker@test")


def test_arguments_without_a_representation_are_stored_as_json(backend: DatabaseBackend) -> None:
    request = request_of(argsrepr=None, kwargsrepr=None, args=["y"], kwargs={})
    backend.mark_as_done(request.id, 1, request=request)
    assert row(request.id).task_args == '["y"]'


def test_a_state_stored_without_a_request_nulls_nothing(backend: DatabaseBackend) -> None:
    request = request_of()
    request.children.append(AsyncResult("child", app=app))
    backend.store_result(request.id, {"pid": 1}, states.STARTED, request=request)
    before = row(request.id)
    backend.store_result(request.id, {"done": 1}, "PROGRESS")
    after = row(request.id)
    same = ("task_name", "worker", "task_args", "task_kwargs", "meta", "date_started", "queue", "root_id", "date_done")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert after.status == "PROGRESS"


def test_a_request_of_another_task_tells_nothing(backend: DatabaseBackend) -> None:
    backend.store_result("other", {"done": 1}, "PROGRESS", request=request_of())
    stored = row("other")
    assert (stored.task_name, stored.worker, stored.attempt) == (None, None, None)


def test_a_run_is_known_by_an_id_that_is_a_uuid(backend: DatabaseBackend) -> None:
    request = request_of()
    task_id = request.id = uuid.UUID(request.id)
    backend.mark_as_failure(task_id, ValueError(), request=request)
    assert row(str(task_id)).attempt == 0
    assert TaskMessage.objects.get().task_id == str(task_id)


def test_an_unregistered_task_has_a_name(backend: DatabaseBackend) -> None:
    class Unregistered:
        name, chord, root_id, correlation_id, reply_to, errbacks = "gone.task", None, "root", None, None, None

    backend.mark_as_failure("u", KeyError("gone.task"), request=Unregistered())
    assert (row("u").task_name, row("u").root_id, row("u").error_type) == ("gone.task", "root", "KeyError")


def test_date_done_is_set_when_the_task_is_done(backend: DatabaseBackend) -> None:
    request = request_of()
    backend.store_result(request.id, {}, states.STARTED, request=request)
    early = timezone.now() - timedelta(days=1)
    TaskResult.objects.update(date_done=early, date_started=early)
    backend.store_result(request.id, {}, "PROGRESS", request=request)
    assert row(request.id).date_done == early
    backend.mark_as_done(request.id, 1, request=request)
    assert row(request.id).date_done > early
    assert row(request.id).date_started == early


def failed(backend: DatabaseBackend, error: Exception, traceback: str, task: str = "tests.tasks.add") -> TaskResult:
    request = request_of(task=task)
    backend.mark_as_failure(request.id, error, traceback=traceback, request=request)
    return row(request.id)


TRACEBACK = 'Traceback:\n  File "/srv/{}/app/views.py", line {}, in view\n    boom()\nError: {}'


def test_errors_of_one_kind_at_one_place_share_a_fingerprint(backend: DatabaseBackend) -> None:
    one = failed(backend, ValueError("1"), TRACEBACK.format("a", 10, "one"))
    same = failed(backend, ValueError("2"), TRACEBACK.format("b", 11, "two"))
    other_type = failed(backend, KeyError("1"), TRACEBACK.format("a", 10, "one"))
    other_task = failed(backend, ValueError("1"), TRACEBACK.format("a", 10, "one"), task="other")
    assert one.error_fingerprint == same.error_fingerprint
    assert len({one.error_fingerprint, other_type.error_fingerprint, other_task.error_fingerprint}) == 3
    assert (one.error_type, other_type.error_type) == ("ValueError", "KeyError")


def test_a_success_after_a_retry_has_no_error(backend: DatabaseBackend) -> None:
    request = request_of()
    backend.mark_as_retry(request.id, ValueError("again"), traceback="Traceback", request=request)
    assert row(request.id).error_type == "ValueError"
    again = request_of(request.id, retries=1)
    backend.mark_as_done(request.id, 1, request=again)
    stored = row(request.id)
    assert (stored.error_type, stored.error_fingerprint, stored.traceback) == (None, None, None)


def test_celery_reads_all_of_it(backend: DatabaseBackend) -> None:
    request = request_of(retries=1, group="g", parent_id="p")
    backend.mark_as_done(request.id, [1], request=request)
    meta = backend.get_task_meta(request.id)
    told = ("status", "result", "name", "args", "kwargs", "worker", "retries", "queue", "group_id", "parent_id")
    assert [meta[name] for name in told] == [
        "SUCCESS", [1], "tests.tasks.add", "(1, 2)", "{'key': 'value'}", "worker@test", 1, "fast", "g", "p",
    ]  # fmt: skip
    assert meta["children"] == []
    assert meta["date_done"] == row(request.id).date_done


def test_an_unknown_task_is_pending(backend: DatabaseBackend) -> None:
    meta = backend.get_task_meta("unknown")
    assert (meta["status"], meta["result"], meta["task_name"], meta["traceback"]) == ("PENDING", None, None, None)
    assert not backend.task_result_exists("unknown")


def test_a_pending_row_exists(backend: DatabaseBackend) -> None:
    TaskResult.objects.store_result("application/json", "utf-8", "queued", None, "PENDING", task_name="n")
    assert backend.task_result_exists("queued")
    assert backend.get_task_meta("queued")["name"] == "n"


@pytest.mark.skipif(not hasattr(AsyncResult, "exists"), reason="Celery asks since 5.7")
def test_a_result_tells_whether_the_task_exists() -> None:
    TaskResult.objects.store_result("application/json", "utf-8", "queued", None, "PENDING")
    assert AsyncResult("queued", app=app).exists()
    assert not AsyncResult("unknown", app=app).exists()


def test_injected_meta_is_read_back_and_hides_no_column(backend: DatabaseBackend) -> None:
    request = request_of()
    request.meta = {"status": "HACKED", "result": "hacked", "note": "mine"}
    backend.mark_as_done(request.id, "true", request=request)
    meta = backend.get_task_meta(request.id)
    assert (meta["status"], meta["result"], meta["note"]) == ("SUCCESS", "true", "mine")


def test_bare_representations_are_returned_raw(backend: DatabaseBackend) -> None:
    TaskResult.objects.create(
        task_id="old", task_args="(1, 2)", content_type="application/json", content_encoding="utf-8"
    )
    assert backend.get_task_meta("old")["args"] == "(1, 2)"


@pytest.mark.parametrize("name", ["status", "state"])
def test_the_state_has_either_name(backend: DatabaseBackend, name: str) -> None:
    given: dict[str, Any] = {name: "PROGRESS"}
    backend._store_result("named", {"n": 1}, **given)
    assert row("named").status == "PROGRESS"


HOSTILE = "a\0b\ud800c" + "x" * 300


def test_no_text_loses_a_state(backend: DatabaseBackend) -> None:
    request = request_of(
        task=HOSTILE, hostname=HOSTILE, argsrepr=HOSTILE, root_id=HOSTILE, group=HOSTILE, parent_id=HOSTILE,
        headers={"periodic_task_name": HOSTILE}, delivery_info={"routing_key": HOSTILE, "priority": "many"},
        eta="not a time", retries="several",
    )  # fmt: skip
    backend.mark_as_failure(request.id, ValueError(HOSTILE), traceback=HOSTILE, request=request)
    stored = row(request.id)
    assert stored.status == "FAILURE"
    assert stored.traceback == "a\ufffdb\ufffdc" + "x" * 300
    assert len(str(stored.worker)) == 100
    assert "\N{HORIZONTAL ELLIPSIS}" in str(stored.worker), "a cut is visible"
    assert isinstance(backend.get_task_meta(request.id)["result"], ValueError)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "mysql", reason="others store all of Unicode in every column")
def test_a_column_of_an_old_charset_loses_no_state(backend: DatabaseBackend) -> None:
    def charset(name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE django_celery_results_taskresult MODIFY traceback LONGTEXT CHARACTER SET {name}"
            )

    charset("latin1")
    try:
        request = request_of()
        backend.mark_as_failure(request.id, ValueError("no"), traceback="\N{SNOWMAN} says no", request=request)
        assert row(request.id).traceback == "\\u2603 says no"
    finally:
        charset("utf8mb4")


class JobState(str, Enum):  # noqa: UP042 - as projects have written it for long
    PROGRESS = "PROGRESS"
    SUCCESS = "SUCCESS"


@pytest.mark.parametrize("state", JobState)
def test_a_state_may_be_the_member_of_an_enum(backend: DatabaseBackend, state: JobState) -> None:
    backend.store_result("by backend", 1, state, request=request_of("by backend"))
    TaskResult.objects.store_result("application/json", "utf-8", "by manager", "1", state)
    assert set(TaskResult.objects.values_list("status", flat=True)) == {state.value}
    assert backend.get_state("by backend") == state.value


def test_a_status_longer_than_its_column_is_cut(backend: DatabaseBackend) -> None:
    backend.store_result("long", 1, "S" * 80)
    assert len(row("long").status) == 50


def test_an_id_longer_than_its_column_is_refused_with_a_hint(backend: DatabaseBackend) -> None:
    with pytest.raises(TaskIdTooLong, match="DJANGO_CELERY_RESULTS_TASK_ID_MAX_LENGTH"):
        backend.store_result("x" * 300, 1, states.SUCCESS)


def test_an_exception_that_cannot_be_encoded_is_stored_as_text(backend: DatabaseBackend) -> None:
    backend._store_result("odd", {"exc_type": {1, 2}}, states.FAILURE)
    assert row("odd").status == "FAILURE"


@pytest.mark.parametrize("serializer", ["json", "pickle", "yaml", "msgpack"])
def test_each_serializer_is_read_as_its_row_says(
    serializer: str, backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip({"yaml": "yaml", "msgpack": "msgpack"}.get(serializer, "json"))
    monkeypatch.setitem(app.conf, "result_serializer", serializer)
    monkeypatch.setitem(app.conf, "accept_content", ["json", serializer])
    writer = DatabaseBackend(app)
    writer.store_result("s", {"a": [1, "\0"]}, states.SUCCESS)
    monkeypatch.setitem(app.conf, "result_serializer", "json")
    assert DatabaseBackend(app).get_task_meta("s")["result"] == {"a": [1, "\0"]}


@pytest.mark.skipif(not hasattr(DatabaseBackend, "supports_failure_expires"), reason="Celery compresses since 5.7")
def test_compressed_results_are_read_with_compression_on_or_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.conf, "result_compression", "gzip")
    DatabaseBackend(app).store_result("z", "x" * 10_000, states.SUCCESS)
    assert len(str(row("z").result)) < 1_000
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


def test_a_queued_row_does_not_undo_a_faster_worker(backend: DatabaseBackend) -> None:
    request = request_of()
    backend.mark_as_done(request.id, 1, request=request)
    backend.store_queued(request.id, Context({"id": request.id, "task": "tests.tasks.add"}))
    assert row(request.id).status == "SUCCESS"
