"""Results in another database than the default one: by `using`, by a manager that was told, by a router."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import states
from django.apps import apps
from django.db import connection, connections, transaction
from django.db.utils import load_backend
from django.utils import timezone

from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import Chord, ChordState, GroupResult, TaskMessage, TaskResult
from tests.celery_app import NOWHERE, app
from tests.tasks import add

from .conftest import request_of

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = list(apps.get_app_config("django_celery_results").get_models())


class Archive:
    """Keeps everything in one database."""

    def db_for_read(self, *_: Any, **__: Any) -> str:
        return "archive"

    db_for_write = db_for_read


@pytest.fixture(autouse=True)
def archive(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """A second database, on SQLite whatever the first one is."""
    there = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "archive"), "OPTIONS": {}}
    settings = {**connection.settings_dict, **there}
    connections["archive"] = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "archive")
    with connections["archive"].schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    yield
    connections["archive"].close()
    del connections["archive"]


def rows(alias: str) -> dict[str, int]:
    counted = {model.__name__: model._base_manager.using(alias).count() for model in MODELS}
    return {name: count for name, count in counted.items() if count}


def test_progress_with_using_is_stored_there_whatever_becomes_of_the_transaction() -> None:
    with transaction.atomic():
        add.update_state(task_id="t", state="PROGRESS", meta={"n": 1}, using="archive")
        transaction.set_rollback(True)
    assert TaskResult.objects.using("archive").get().result == '{"n": 1}'
    assert rows("default") == {}


def test_groups_with_using_are_stored_there() -> None:
    for result in ("[]", "[1]"):
        GroupResult.objects.store_group_result("application/json", "utf-8", "g", result, using="archive")
    assert GroupResult.objects.using("archive").get().result == "[1]"
    assert rows("default") == {}


def test_a_manager_that_was_told_its_database_writes_there() -> None:
    for alias in ("default", "archive"):
        manager = TaskResult.objects.db_manager(alias)
        manager.store_result("application/json", "utf-8", alias, "1", "SUCCESS")
        manager.using(alias).update(date_done=timezone.now() - timedelta(days=2))
    assert TaskResult.objects.db_manager("archive").delete_expired(60) == 1
    assert TaskResult.objects.using("default").get().task_id == "default"


@pytest.fixture
def routed(settings: Any) -> DatabaseBackend:
    settings.DATABASE_ROUTERS = [Archive()]
    return DatabaseBackend(app)


def test_a_router_takes_tasks_messages_and_groups_elsewhere(routed: DatabaseBackend) -> None:
    request = request_of()
    routed.mark_as_failure(request.id, ValueError("no"), traceback="Traceback", request=request)
    routed.save_group("g", app.GroupResult("g", [app.AsyncResult(request.id)]))
    assert routed.restore_group("g").results[0].id == request.id
    assert routed.get_state(request.id) == states.FAILURE
    assert TaskMessage.objects.get().task_id == request.id
    assert rows("archive") == {"TaskResult": 1, "TaskMessage": 1, "GroupResult": 1}
    assert rows("default") == {}
    routed.forget(request.id)
    routed.delete_group("g")
    assert rows("archive") == {}


def test_a_router_takes_chords_elsewhere(routed: DatabaseBackend) -> None:
    body = add.s(1).set(queue=NOWHERE)
    routed.apply_chord(("chord", [app.AsyncResult("member")]), body)
    routed.set_chord_size("chord", 1)
    request = request_of("member", group="chord", group_index=0, chord=body)
    routed.mark_as_done("member", 1, request=request)
    assert Chord.objects.get().state == ChordState.DONE
    assert rows("default") == {}
    with app.connection_for_write() as broker:
        assert broker.default_channel.queue_purge(NOWHERE) == 1


def test_cleanup_follows_the_router(routed: DatabaseBackend) -> None:
    for alias in ("default", "archive"):
        TaskResult.objects.using(alias).create(task_id="old", status=states.SUCCESS)
        TaskResult.objects.using(alias).update(date_done=timezone.now() - timedelta(days=9))
    routed.cleanup()
    assert (rows("archive"), rows("default")) == ({}, {"TaskResult": 1})
