"""What Celery stores of how a run ended takes the place of a final state that the very same run stored itself."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import states
from celery.app.task import Context
from django.db import OperationalError

from django_celery_results import message, querysets
from django_celery_results.backends import DatabaseBackend
from django_celery_results.exceptions import UnnamedFailure
from django_celery_results.models import TaskMessage, TaskResult
from tests.celery_app import app
from tests.storage.requests import task_request
from tests.tasks import store_and_end
from tests.workers import PATIENCE, RunWorker, wait_for, wait_for_state

pytestmark = pytest.mark.django_db(transaction=True)


def row() -> TaskResult:
    return TaskResult.objects.get()


def test_worker_stores_how_a_task_ended_after_its_own_final_state(run_worker: RunWorker) -> None:
    def send(state: str, ending: str) -> Any:
        return store_and_end.apply_async((state, ending), queue=worker.queue)

    with run_worker(concurrency=1) as worker:
        for state in ("FAILURE", "SUCCESS", "REVOKED", "IGNORED"):
            for ending, outcome in (("raises", "FAILURE"), ("returns", "SUCCESS"), ("retries", "RETRY")):
                sent = send(state, ending)
                ended = TaskResult.objects.filter(task_id=sent.id, result__contains=f"{ending[:5]}")
                row: Any = wait_for(ended.first)
                assert row.status == outcome
                assert bool(row.traceback) is (ending != "returns")
        kept = send("FAILURE", "ignores")
        assert wait_for_state(kept.id, "FAILURE").error_type is None
    assert kept.state == "FAILURE"
    with pytest.raises(UnnamedFailure, match="stored by the task"):
        kept.get(timeout=PATIENCE)


def by_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    pass


def by_save(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querysets, "saves_itself", lambda model, alias: True)


class OldBackend(DatabaseBackend):
    """With the signature of the 2.x package, and its call of the manager."""

    def _store_result(  # type: ignore[override]
        self, task_id: str, result: Any, status: str, traceback: Any = None, request: Any = None, using: Any = None
    ) -> Any:
        content_type, content_encoding, text = self.encode_content(result)
        self.TaskModel._default_manager.store_result(
            content_type, content_encoding, task_id, text, status, traceback=traceback
        )
        return result


ways = pytest.mark.parametrize("way", [by_statement, by_save])


@ways
@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE", "REVOKED", "REJECTED", "IGNORED"])
def test_each_outcome_replaces_each_final_state_of_its_run(
    state: str, way: Callable[[Any], None], backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    way(monkeypatch)
    endings: dict[str, Callable[[Context], Any]] = {
        "SUCCESS": lambda run: backend.mark_as_done(run.id, "outcome", run),
        "FAILURE": lambda run: backend.mark_as_failure(run.id, ValueError("outcome"), "Traceback", request=run),
        "RETRY": lambda run: backend.mark_as_retry(run.id, ValueError("outcome"), "Traceback", request=run),
    }
    for outcome, end in endings.items():
        request = task_request()
        backend.store_result(request.id, {"error": 1}, state, request=request)
        end(request)
        stored = TaskResult.objects.get(task_id=request.id)
        assert (stored.status, "outcome" in str(stored.result)) == (outcome, True)
    assert TaskMessage.objects.count() == 2, "of the failure and the retry"


def test_outcome_replaces_what_a_2x_backend_of_a_project_stored() -> None:
    backend, request = OldBackend(app), task_request()
    backend.store_result(request.id, {"error": 1}, states.FAILURE, request=request)
    backend.mark_as_done(request.id, "outcome", request)
    assert (row().status, row().result) == ("SUCCESS", '"outcome"')


def test_outcome_replaces_a_state_that_was_stored_without_the_request(
    backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = task_request()
    backend.store_result(request.id, {}, states.STARTED, request=request)
    monkeypatch.setattr("django_celery_results.backends.outcome.current_task", Context(request=request))
    backend.store_result(request.id, {"part": 1}, states.SUCCESS)
    backend.mark_as_done(request.id, "outcome", request)
    assert row().result == '"outcome"'


@ways
def test_redelivered_run_with_the_same_attempt_replaces_nothing(
    way: Callable[[Any], None], backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two deliveries that are both marked as redelivered."""
    way(monkeypatch)
    delivery = {"routing_key": "fast", "redelivered": True}
    one = task_request(delivery_info=delivery)
    twin = task_request(one.id, delivery_info=delivery)
    backend.store_result(one.id, "of one", states.SUCCESS, request=one)
    backend.store_result(twin.id, {"error": 1}, states.FAILURE, request=twin)
    backend.mark_as_failure(twin.id, ValueError(), request=twin)
    assert row().result == '"of one"'
    backend.mark_as_done(one.id, "outcome", one)
    backend.mark_as_failure(twin.id, ValueError(), request=twin)
    assert (row().status, row().result) == ("SUCCESS", '"outcome"')


@ways
def test_outcome_of_an_older_attempt_does_not_replace_a_newer_one(
    way: Callable[[Any], None], backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    way(monkeypatch)
    older = task_request()
    newer = task_request(older.id, retries=1)
    backend.store_result(older.id, {"error": 1}, states.FAILURE, request=older)
    backend.store_result(newer.id, {}, states.STARTED, request=newer)
    backend.mark_as_failure(older.id, ValueError(), request=older)
    assert row().status == "STARTED"


@ways
def test_outcome_is_not_replaced_by_later_states_of_its_run(
    way: Callable[[Any], None], backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Celery stores a failure where a handler raises after the task has succeeded."""
    way(monkeypatch)
    request = task_request()
    backend.store_result(request.id, {"part": 1}, states.SUCCESS, request=request)
    backend.mark_as_done(request.id, "outcome", request)
    backend.mark_as_failure(request.id, ValueError(), request=request)
    backend.store_result(request.id, {"late": 1}, states.FAILURE, request=request)
    backend.store_result(request.id, {"late": 1}, states.SUCCESS, request=request)
    assert (row().status, row().result) == ("SUCCESS", '"outcome"')


def test_outcome_is_stored_after_a_first_attempt_that_was_rolled_back(
    backend: DatabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = task_request()
    backend.store_result(request.id, {"error": 1}, states.FAILURE, request=request)
    apply, failures = message.Keep.apply, [OperationalError("server closed the connection")]

    def apply_at_the_second_attempt(self: message.Keep, using: str) -> None:
        if failures:
            raise failures.pop()
        apply(self, using)

    monkeypatch.setattr(message.Keep, "apply", apply_at_the_second_attempt)
    backend.mark_as_failure(request.id, ValueError("outcome"), request=request)
    assert not failures
    assert "outcome" in str(row().result)


@pytest.mark.parametrize("value", [{"error": "no"}, {}, "no", ["no"], {"exc_type": None}, {"exc_type": 5}, 0])
@pytest.mark.parametrize("state", ["FAILURE", "RETRY", "REVOKED"])
def test_failure_that_names_no_exception_shows_its_value(state: str, value: Any, backend: DatabaseBackend) -> None:
    request = task_request()
    backend.store_result(request.id, value, state, request=request)
    result = app.AsyncResult(request.id)
    assert result.state == state
    assert isinstance(result.result, Exception)
    assert getattr(result.result, "value", value) == value
    if state != "RETRY":
        with pytest.raises(type(result.result)):
            result.get(timeout=PATIENCE)


@pytest.mark.parametrize("state", ["SUCCESS", "PROGRESS", "FAILURE"])
@pytest.mark.parametrize("encoding", ["utf-8", "binary", ""])
def test_result_that_is_no_json_is_shown_as_text(state: str, encoding: str) -> None:
    TaskResult.objects.create(
        task_id="t", status=state, result="no {JSON", content_type="application/json", content_encoding=encoding
    )
    result = app.AsyncResult("t")
    assert result.state == state
    assert getattr(result.result, "value", result.result) == "no {JSON"
    if state == "SUCCESS":
        assert result.get(timeout=PATIENCE) == "no {JSON"
