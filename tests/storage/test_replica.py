"""A read replica that lags, here so far that it has not even the tables: results do not depend on it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import states
from celery.result import AsyncResult, GroupResult
from django.core.management import call_command
from django.db import connection, connections, router
from django.utils import timezone

from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import Chord, ChordState, TaskResult
from tests.celery_app import NOWHERE, app
from tests.tasks import add

from .conftest import request_of

pytestmark = pytest.mark.django_db(transaction=True)


class ReadsFromReplica:
    def db_for_read(self, *_: Any, **__: Any) -> str:
        return "replica"

    def db_for_write(self, *_: Any, **__: Any) -> str:
        return "default"


@pytest.fixture(autouse=True)
def replica(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    behind = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "replica"), "OPTIONS": {}}
    monkeypatch.setitem(connections.databases, "replica", {**connection.settings_dict, **behind})
    settings.DATABASE_ROUTERS = [ReadsFromReplica()]
    assert router.db_for_read(TaskResult) == "replica"
    yield
    connections["replica"].close()
    del connections["replica"]


@pytest.fixture
def backend(replica: None) -> DatabaseBackend:
    return DatabaseBackend(app)


def test_a_result_is_read_as_soon_as_it_is_written(backend: DatabaseBackend) -> None:
    request = request_of()
    backend.mark_as_done(request.id, 3, request=request)
    result = AsyncResult(request.id, app=app, backend=backend)
    assert (result.state, result.get(timeout=1), result.name) == ("SUCCESS", 3, "tests.tasks.add")
    result.forget()
    assert AsyncResult(request.id, app=app, backend=backend).state == "PENDING"


def test_a_group_is_restored_and_joined(backend: DatabaseBackend) -> None:
    members = [AsyncResult(str(number), app=app, backend=backend) for number in range(3)]
    for member in members:
        backend.store_result(member.id, member.id, states.SUCCESS)
    GroupResult("all", members, app=app).save(backend=backend)
    restored = GroupResult.restore("all", backend=backend, app=app)
    assert restored.completed_count() == 3
    assert restored.join_native(timeout=1) == ["0", "1", "2"]


def test_a_chord_is_completed(backend: DatabaseBackend) -> None:
    body = add.s(1)
    backend.apply_chord(("chord", [AsyncResult("member", app=app)]), body)
    backend.set_chord_size("chord", 1)
    request = request_of("member", group="chord", group_index=0, chord=body.set(queue=NOWHERE))
    backend.mark_as_done("member", 1, request=request)
    assert Chord.objects.using("default").get().state == ChordState.DONE
    with app.connection_for_write() as broker:
        assert broker.default_channel.queue_purge(NOWHERE) == 1


def test_what_has_expired_is_deleted(backend: DatabaseBackend) -> None:
    backend.store_result("old", 1, states.SUCCESS)
    TaskResult.objects.using("default").update(date_done=timezone.now() - timedelta(days=9))
    call_command("prune_task_results", verbosity=0)
    assert not TaskResult.objects.using("default").exists()
