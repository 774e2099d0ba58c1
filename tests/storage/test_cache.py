"""The backend `django-cache`, on every kind of Django cache."""

import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, chord, signals, states
from celery.app.task import Context
from celery.contrib.testing.worker import start_worker
from celery.result import AsyncResult, GroupResult
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection

from django_celery_results.backends import CacheBackend
from tests.celery_app import app as tests_app
from tests.isolation import RUN_ID

from .conftest import request_of
from .test_backend import JobState

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
    here = {"BACKEND": path, "LOCATION": location, "KEY_PREFIX": RUN_ID}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}, "results": here}
    if request.param == "db":
        call_command("createcachetable")
    app = Celery("cached", set_as_current=False)
    app.conf.update(result_backend="django-cache", cache_backend="results", result_extended=True)
    yield app.backend
    caches["results"].close()


def task_id() -> str:
    return str(uuid.uuid4())


def test_what_is_stored_is_read(backend: CacheBackend) -> None:
    request = request_of()
    backend.mark_as_done(request.id, {"sum": 3, "set": {1}}, request=request)
    fresh = CacheBackend(backend.app).get_task_meta(request.id)
    assert (fresh["status"], fresh["result"], fresh["name"]) == ("SUCCESS", {"sum": 3, "set": {1}}, "tests.tasks.add")
    backend.forget(request.id)
    assert backend.get_state(request.id) == "PENDING"


def test_a_failure_is_raised_as_itself(backend: CacheBackend) -> None:
    name = task_id()
    backend.mark_as_failure(name, ValueError("no"), traceback="Traceback")
    with pytest.raises(ValueError, match="no"):
        AsyncResult(name, backend=backend, app=backend.app).get(timeout=1)


def test_final_states_stay(backend: CacheBackend) -> None:
    request = request_of()
    backend.mark_as_done(request.id, 1, request=request)
    backend.store_result(request.id, {}, states.STARTED, request=request)
    backend.mark_as_failure(request.id, ValueError(), request=request)
    assert backend.get_task_meta(request.id)["result"] == 1


def test_a_success_is_not_lost_between_reading_and_writing(
    backend: CacheBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    if type(caches["results"]).__name__ in ("FileBasedCache", "DatabaseCache"):
        pytest.skip("not atomic; a thread would need a connection of its own")
    request = request_of()
    backend.store_result(request.id, {}, states.STARTED, request=request)
    get = backend.get

    def succeed() -> None:
        backend.mark_as_done(request.id, 1, request=request)
        caches.close_all()  # each thread has clients of its own

    success = threading.Thread(target=succeed)

    def get_slowly(key: Any) -> Any:
        stored = get(key)
        if threading.current_thread() is threading.main_thread():
            success.start()
            time.sleep(0.1)
        return stored

    with monkeypatch.context() as patched:
        patched.setattr(backend, "get", get_slowly)
        backend.store_result(request.id, {"n": 1}, "PROGRESS", request=request)
        success.join()
    assert CacheBackend(backend.app).get_task_meta(request.id)["result"] == 1


def test_a_writer_that_died_holds_nobody_up(backend: CacheBackend) -> None:
    name = task_id()
    backend.store_result(name, 1, "PROGRESS")
    backend.cache_backend.add(f"{backend.get_key_for_task(name).decode()}.lock", True, None)
    backend.store_result(name, 2, states.SUCCESS)
    assert backend.get_task_meta(name)["result"] == 2


def test_an_older_run_does_not_undo_a_newer_one(backend: CacheBackend) -> None:
    request = request_of()
    newer = request_of(request.id, retries=1)
    backend.store_result(request.id, {"run": 1}, "PROGRESS", request=newer)
    backend.mark_as_retry(request.id, ValueError(), request=request)
    assert backend.get_task_meta(request.id)["result"] == {"run": 1}


def test_a_state_without_a_request_keeps_the_name(backend: CacheBackend) -> None:
    request = request_of()
    backend.store_result(request.id, {}, states.STARTED, request=request)
    backend.store_result(request.id, {"n": 1}, "PROGRESS")
    assert backend.get_task_meta(request.id)["name"] == "tests.tasks.add"


def test_zero_means_that_results_never_expire(backend: CacheBackend) -> None:
    backend.app.conf.result_expires = 0
    name = task_id()
    CacheBackend(backend.app).store_result(name, 1, states.SUCCESS)
    assert CacheBackend(backend.app).get_task_meta(name)["result"] == 1


def test_a_group_is_joined_by_one_question(backend: CacheBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    members = [AsyncResult(task_id(), backend=backend, app=backend.app) for _ in range(20)]
    group = GroupResult(task_id(), members, app=backend.app)
    backend.save_group(group.id, group)
    for number, member in enumerate(members):
        backend.store_result(member.id, number, states.SUCCESS)
    asked: list[int] = []
    mget = backend.mget
    monkeypatch.setattr(backend, "mget", lambda keys: asked.append(len(keys)) or mget(keys))
    assert group.join_native(timeout=1) == list(range(20))
    assert asked == [20]
    assert [member.id for member in backend.restore_group(group.id)] == [member.id for member in members]
    backend.delete_group(group.id)
    assert backend.restore_group(group.id) is None


def _leave_loggers_alone(**_: Any) -> None:
    """A worker sets the level of the root logger where nobody else does, for the tests that come after, too."""


@pytest.fixture
def polling(backend: CacheBackend, as_worker: None) -> Iterator[Celery]:
    """An app whose worker runs in a thread, since not every cache is seen by other processes."""
    app = backend.app
    app.conf.update(broker_url="memory://", task_default_queue=task_id(), result_chord_retry_interval=0.05)
    app.conf.broker_transport_options = {"polling_interval": 0.05}
    signals.setup_logging.connect(_leave_loggers_alone)
    with start_worker(app, pool="solo", perform_ping_check=False):
        yield app
    signals.setup_logging.disconnect(_leave_loggers_alone)
    tests_app.set_default()
    tests_app.set_current()


@pytest.mark.parametrize("backend", ["locmem"], indirect=True)
def test_a_chord_is_completed_by_polling(polling: Celery) -> None:
    for members in (2, 0):
        doubled = [polling.signature("tests.tasks.times", (2, number)) for number in range(members)]
        body = chord(doubled, polling.signature("tests.chords.tasks.identity"), app=polling).apply_async()
        assert body.get(timeout=20) == [2 * number for number in range(members)]


@pytest.mark.parametrize("name", ["status", "state"])
def test_the_state_has_either_name(backend: CacheBackend, name: str) -> None:
    given: dict[str, Any] = {name: "PROGRESS"}
    of = task_id()
    backend._store_result(of, 1, **given)
    assert backend.get_state(of) == "PROGRESS"


def test_a_state_may_be_the_member_of_an_enum(backend: CacheBackend) -> None:
    of = task_id()
    backend.store_result(of, 1, JobState.SUCCESS)
    assert str(CacheBackend(backend.app).get_state(of)) == "SUCCESS"


def test_the_database_is_left_alone_by_other_caches(backend: CacheBackend, django_assert_num_queries: Any) -> None:
    if caches["results"].__class__.__name__ == "DatabaseCache":
        pytest.skip("its rows are the cache")
    with django_assert_num_queries(0, connection=connection):
        backend.mark_as_done(task_id(), 1, request=Context({"id": "x", "delivery_info": {}}))
