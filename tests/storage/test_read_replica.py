"""A read replica that lags, here so far that it has no tables: results are read from the primary database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import states
from celery.result import AsyncResult, GroupResult
from django.core.management import call_command
from django.db import connection, connections, router

from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import Chord, ChordState, TaskResult
from tests.celery_app import NOWHERE, app
from tests.factories import days_ago
from tests.storage.requests import task_request
from tests.tasks import add
from tests.workers import PATIENCE

pytestmark = pytest.mark.django_db


class ReplicaRouter:
    def db_for_read(self, *_: Any, **__: Any) -> str:
        return "replica"

    def db_for_write(self, *_: Any, **__: Any) -> str:
        return "default"


@pytest.fixture(autouse=True)
def replica(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "replica"), "OPTIONS": {}}
    monkeypatch.setitem(connections.databases, "replica", {**connection.settings_dict, **sqlite})
    settings.DATABASE_ROUTERS = [ReplicaRouter()]
    assert router.db_for_read(TaskResult) == "replica"
    yield
    connections["replica"].close()
    del connections["replica"]


@pytest.fixture
def backend(replica: None) -> DatabaseBackend:
    return DatabaseBackend(app)


def test_results_are_readable_as_soon_as_they_are_stored(backend: DatabaseBackend) -> None:
    request = task_request()
    backend.mark_as_done(request.id, 3, request=request)
    result = AsyncResult(request.id, app=app, backend=backend)
    assert (result.state, result.get(timeout=PATIENCE), result.name) == ("SUCCESS", 3, "tests.tasks.add")
    result.forget()
    assert AsyncResult(request.id, app=app, backend=backend).state == "PENDING"


def test_groups_are_restored_and_joined_without_the_replica(backend: DatabaseBackend) -> None:
    members = [AsyncResult(str(number), app=app, backend=backend) for number in range(3)]
    for member in members:
        backend.store_result(member.id, member.id, states.SUCCESS)
    GroupResult("all", members, app=app).save(backend=backend)
    restored = GroupResult.restore("all", backend=backend, app=app)
    assert restored.completed_count() == 3
    assert restored.join_native(timeout=PATIENCE) == ["0", "1", "2"]


def test_chords_are_completed_without_the_replica(backend: DatabaseBackend, sent: list[str]) -> None:
    body = add.s(1).set(queue=NOWHERE, task_id="body")
    backend.apply_chord(("chord", [AsyncResult("member", app=app)]), body)
    backend.set_chord_size("chord", 1)
    request = task_request("member", group="chord", group_index=0, chord=body)
    backend.mark_as_done("member", 1, request=request)
    assert Chord.objects.using("default").get().state == ChordState.DONE
    assert sent == ["body"]


def test_prune_command_deletes_without_the_replica(backend: DatabaseBackend) -> None:
    backend.store_result("old", 1, states.SUCCESS)
    TaskResult.objects.using("default").update(date_done=days_ago(9))
    call_command("prune_task_results", verbosity=0)
    assert not TaskResult.objects.using("default").exists()
