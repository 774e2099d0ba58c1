"""`CacheBackend`, on every kind of Django cache."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, chord, signals, states
from celery.app.task import Context
from celery.contrib.testing.worker import start_worker
from celery.result import AsyncResult, GroupResult
from django.core.cache import BaseCache, caches
from django.core.management import call_command
from django.db import connection

from django_celery_results.backends import CacheBackend, cache
from tests.celery_app import app as tests_app
from tests.isolation import RUN_ID
from tests.storage.requests import task_request
from tests.storage.state_model import ProjectState
from tests.workers import PATIENCE, wait_for

pytestmark = pytest.mark.django_db


CLASSES = {
    "db": "DatabaseCache",
    "filebased": "FileBasedCache",
    "locmem": "LocMemCache",
    "memcached": "PyMemcacheCache",
    "redis": "RedisCache",
}


@pytest.fixture(
    params=[
        "locmem",
        "filebased",
        "db",
        pytest.param("redis", marks=pytest.mark.services),
        pytest.param("memcached", marks=pytest.mark.services),
    ]
)
def backend(request: Any, settings: Any, tmp_path: Path) -> Iterator[CacheBackend]:
    locations = {"filebased": str(tmp_path), "db": "test_cache_table", "locmem": RUN_ID}
    location = locations.get(request.param) or request.getfixturevalue(request.param)
    path = f"django.core.cache.backends.{request.param}.{CLASSES[request.param]}"
    results = {"BACKEND": path, "LOCATION": location, "KEY_PREFIX": RUN_ID}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}, "results": results}
    if request.param == "db":
        call_command("createcachetable")
    app = Celery("cached", set_as_current=False)
    app.conf.update(result_backend="django-cache", cache_backend="results", result_extended=True)
    yield app.backend
    caches["results"].close()


def new_task_id() -> str:
    return str(uuid.uuid4())


def test_results_are_stored_read_and_forgotten(backend: CacheBackend) -> None:
    request = task_request()
    backend.mark_as_done(request.id, {"sum": 3, "set": {1}}, request=request)
    fresh = CacheBackend(backend.app).get_task_meta(request.id)
    assert (fresh["status"], fresh["result"], fresh["name"]) == ("SUCCESS", {"sum": 3, "set": {1}}, "tests.tasks.add")
    backend.forget(request.id)
    assert backend.get_state(request.id) == "PENDING"


def test_get_raises_the_error_of_the_task(backend: CacheBackend) -> None:
    task_id = new_task_id()
    backend.mark_as_failure(task_id, ValueError("no"), traceback="Traceback")
    with pytest.raises(ValueError, match="no"):
        AsyncResult(task_id, backend=backend, app=backend.app).get(timeout=PATIENCE)


def test_final_states_are_not_replaced(backend: CacheBackend) -> None:
    request = task_request()
    backend.mark_as_done(request.id, 1, request=request)
    backend.store_result(request.id, {}, states.STARTED, request=request)
    backend.mark_as_failure(request.id, ValueError(), request=request)
    assert backend.get_task_meta(request.id)["result"] == 1


def test_outcome_replaces_what_its_own_run_has_stored(backend: CacheBackend) -> None:
    request = task_request()
    redelivered = task_request(request.id)
    backend.store_result(request.id, {"part": 1}, states.SUCCESS, request=request)
    backend.store_result(request.id, {"error": 1}, states.FAILURE, request=redelivered)
    backend.mark_as_failure(request.id, ValueError(), request=redelivered)
    assert backend.get_task_meta(request.id, cache=False)["result"] == {"part": 1}
    backend.mark_as_retry(request.id, ValueError(), request=request)
    assert backend.get_state(request.id) == "RETRY"


def test_failure_that_names_no_exception_shows_its_value(backend: CacheBackend) -> None:
    request = task_request()
    backend.store_result(request.id, {"error": "no"}, states.FAILURE, request=request)
    result = AsyncResult(request.id, backend=backend, app=backend.app)
    assert (result.state, result.result.value) == ("FAILURE", {"error": "no"})


def test_concurrent_progress_does_not_replace_a_success(backend: CacheBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    if type(caches["results"]).__name__ in ("FileBasedCache", "DatabaseCache"):
        pytest.skip("not atomic; a thread would need a connection of its own")
    monkeypatch.setattr(cache, "LOCK_SECONDS", 60)  # however slow the machine is, the lock is respected
    request = task_request()
    backend.store_result(request.id, {}, states.STARTED, request=request)
    get, add = backend.get, type(caches["results"]).add
    is_refused = threading.Event()

    def succeed() -> None:
        backend.mark_as_done(request.id, 1, request=request)
        caches.close_all()  # each thread has clients of its own

    success = threading.Thread(target=succeed)

    def get_while_the_task_succeeds(key: Any) -> Any:
        stored = get(key)
        if threading.current_thread() is threading.main_thread():
            success.start()
            wait_for(lambda: is_refused.is_set() or not success.is_alive())
        return stored

    def add_and_note_refused_locks(self: BaseCache, key: str, *args: Any, **kwargs: Any) -> bool:
        is_added = add(self, key, *args, **kwargs)
        if key.endswith(".lock") and not is_added:
            is_refused.set()
        return is_added

    with monkeypatch.context() as patched:
        patched.setattr(backend, "get", get_while_the_task_succeeds)
        patched.setattr(type(caches["results"]), "add", add_and_note_refused_locks)
        backend.store_result(request.id, {"n": 1}, "PROGRESS", request=request)
        success.join()
    assert CacheBackend(backend.app).get_task_meta(request.id)["result"] == 1


def test_lock_of_a_dead_writer_is_ignored_after_a_while(backend: CacheBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LOCK_SECONDS", 0.1)
    task_id = new_task_id()
    backend.store_result(task_id, 1, "PROGRESS")
    backend.cache_backend.add(f"{backend.get_key_for_task(task_id).decode()}.lock", True, None)
    backend.store_result(task_id, 2, states.SUCCESS)
    assert backend.get_task_meta(task_id)["result"] == 2


def test_earlier_attempt_does_not_replace_a_later_one(backend: CacheBackend) -> None:
    request = task_request()
    newer = task_request(request.id, retries=1)
    backend.store_result(request.id, {"run": 1}, "PROGRESS", request=newer)
    backend.mark_as_retry(request.id, ValueError(), request=request)
    assert backend.get_task_meta(request.id)["result"] == {"run": 1}


def test_state_stored_without_a_request_keeps_the_task_name(backend: CacheBackend) -> None:
    request = task_request()
    backend.store_result(request.id, {}, states.STARTED, request=request)
    backend.store_result(request.id, {"n": 1}, "PROGRESS")
    assert backend.get_task_meta(request.id)["name"] == "tests.tasks.add"


def test_results_never_expire_if_result_expires_is_zero(backend: CacheBackend) -> None:
    backend.app.conf.result_expires = 0
    task_id = new_task_id()
    CacheBackend(backend.app).store_result(task_id, 1, states.SUCCESS)
    assert CacheBackend(backend.app).get_task_meta(task_id)["result"] == 1


def test_group_is_joined_with_one_cache_request(backend: CacheBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    members = [AsyncResult(new_task_id(), backend=backend, app=backend.app) for _ in range(20)]
    group = GroupResult(new_task_id(), members, app=backend.app)
    backend.save_group(group.id, group)
    for number, member in enumerate(members):
        backend.store_result(member.id, number, states.SUCCESS)
    requested: list[int] = []
    mget = backend.mget
    monkeypatch.setattr(backend, "mget", lambda keys: requested.append(len(keys)) or mget(keys))
    assert group.join_native(timeout=PATIENCE) == list(range(20))
    assert requested == [20]
    assert [member.id for member in backend.restore_group(group.id)] == [member.id for member in members]
    backend.delete_group(group.id)
    assert backend.restore_group(group.id) is None


def keep_loggers(**_: Any) -> None:
    """Receive `setup_logging`, so that the worker does not set the level of the root logger for later tests."""


@pytest.fixture
def polling_app(backend: CacheBackend, as_worker: None) -> Iterator[Celery]:
    """An app whose worker runs in a thread, since not every cache is seen by other processes."""
    app = backend.app
    app.conf.update(broker_url="memory://", task_default_queue=new_task_id(), result_chord_retry_interval=0.05)
    app.conf.broker_transport_options = {"polling_interval": 0.05}
    signals.setup_logging.connect(keep_loggers)
    with start_worker(app, pool="solo", perform_ping_check=False):
        yield app
    signals.setup_logging.disconnect(keep_loggers)
    tests_app.set_default()
    tests_app.set_current()


@pytest.mark.parametrize("backend", ["locmem"], indirect=True)
def test_chords_are_completed_by_the_polling_task_of_celery(polling_app: Celery) -> None:
    for members in (2, 0):
        doubled = [polling_app.signature("tests.tasks.times", (2, number)) for number in range(members)]
        body = chord(doubled, polling_app.signature("tests.chords.tasks.identity"), app=polling_app).apply_async()
        assert body.get(timeout=PATIENCE) == [2 * number for number in range(members)]


@pytest.mark.parametrize("name", ["status", "state"])
def test_store_result_accepts_status_or_state(backend: CacheBackend, name: str) -> None:
    task_id = new_task_id()
    backend._store_result(task_id, 1, **{name: "PROGRESS"})
    assert backend.get_state(task_id) == "PROGRESS"


def test_states_may_be_enum_members(backend: CacheBackend) -> None:
    task_id = new_task_id()
    backend.store_result(task_id, 1, ProjectState.SUCCESS)
    assert str(CacheBackend(backend.app).get_state(task_id)) == "SUCCESS"


def test_caches_outside_the_database_make_no_queries(backend: CacheBackend, django_assert_num_queries: Any) -> None:
    if caches["results"].__class__.__name__ == "DatabaseCache":
        pytest.skip("its rows are the cache")
    with django_assert_num_queries(0, connection=connection):
        backend.mark_as_done(new_task_id(), 1, request=Context({"id": "x", "delivery_info": {}}))
