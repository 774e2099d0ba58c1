"""Results in another database than the default one: by `using`, by `db_manager()`, by a router."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import states
from django.apps import apps
from django.db import connection, connections, transaction
from django.db.utils import load_backend

from django_celery_results.backends import DatabaseBackend
from django_celery_results.models import Chord, ChordState, GroupResult, TaskMessage, TaskResult
from tests.celery_app import NOWHERE, app
from tests.factories import days_ago
from tests.storage.requests import task_request
from tests.tasks import add

pytestmark = pytest.mark.django_db
MODELS = list(apps.get_app_config("django_celery_results").get_models())


class ArchiveRouter:
    """Reads and writes everything in one database."""

    def db_for_read(self, *_: Any, **__: Any) -> str:
        return "archive"

    db_for_write = db_for_read


@pytest.fixture(autouse=True)
def archive_database(db: None, tmp_path: Path) -> Iterator[None]:
    """A second database, on SQLite whatever the first one is."""
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "archive"), "OPTIONS": {}}
    settings = {**connection.settings_dict, **sqlite}
    connections["archive"] = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, "archive")
    with connections["archive"].schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    yield
    connections["archive"].close()
    del connections["archive"]


def counts_by_model(alias: str) -> dict[str, int]:
    """Return how many rows there are of each model that has any."""
    counts = {model.__name__: model._base_manager.using(alias).count() for model in MODELS}
    return {name: count for name, count in counts.items() if count}


def test_update_state_with_using_survives_a_rollback_of_the_default_database() -> None:
    with transaction.atomic():
        add.update_state(task_id="t", state="PROGRESS", meta={"n": 1}, using="archive")
        transaction.set_rollback(True)
    assert TaskResult.objects.using("archive").get().result == '{"n": 1}'
    assert counts_by_model("default") == {}


def test_store_group_result_writes_to_the_alias_in_using() -> None:
    for result in ("[]", "[1]"):
        GroupResult.objects.store_group_result("application/json", "utf-8", "g", result, using="archive")
    assert GroupResult.objects.using("archive").get().result == "[1]"
    assert counts_by_model("default") == {}


def test_db_manager_writes_to_its_database() -> None:
    for alias in ("default", "archive"):
        manager = TaskResult.objects.db_manager(alias)
        manager.store_result("application/json", "utf-8", alias, "1", "SUCCESS")
        manager.using(alias).update(date_done=days_ago(2))
    assert TaskResult.objects.db_manager("archive").delete_expired(60) == 1
    assert TaskResult.objects.using("default").get().task_id == "default"


@pytest.fixture
def routed_backend(settings: Any) -> DatabaseBackend:
    settings.DATABASE_ROUTERS = [ArchiveRouter()]
    return DatabaseBackend(app)


def test_router_decides_where_tasks_messages_and_groups_are_stored(routed_backend: DatabaseBackend) -> None:
    request = task_request()
    routed_backend.mark_as_failure(request.id, ValueError("no"), traceback="Traceback", request=request)
    routed_backend.save_group("g", app.GroupResult("g", [app.AsyncResult(request.id)]))
    assert routed_backend.restore_group("g").results[0].id == request.id
    assert routed_backend.get_state(request.id) == states.FAILURE
    assert TaskMessage.objects.get().task_id == request.id
    assert counts_by_model("archive") == {"TaskResult": 1, "TaskMessage": 1, "GroupResult": 1}
    assert counts_by_model("default") == {}
    routed_backend.forget(request.id)
    routed_backend.delete_group("g")
    assert counts_by_model("archive") == {}


def test_router_decides_where_chords_are_stored(routed_backend: DatabaseBackend, sent: list[str]) -> None:
    body = add.s(1).set(queue=NOWHERE, task_id="body")
    routed_backend.apply_chord(("chord", [app.AsyncResult("member")]), body)
    routed_backend.set_chord_size("chord", 1)
    request = task_request("member", group="chord", group_index=0, chord=body)
    routed_backend.mark_as_done("member", 1, request=request)
    assert Chord.objects.get().state == ChordState.DONE
    assert counts_by_model("default") == {}
    assert sent == ["body"]


def test_cleanup_deletes_from_the_database_of_the_router(routed_backend: DatabaseBackend) -> None:
    for alias in ("default", "archive"):
        TaskResult.objects.using(alias).create(task_id="old", status=states.SUCCESS)
        TaskResult.objects.using(alias).update(date_done=days_ago(9))
    routed_backend.cleanup()
    assert (counts_by_model("archive"), counts_by_model("default")) == ({}, {"TaskResult": 1})
