"""Model instances that the package builds from rows equal those that Django builds."""

from typing import Any

import pytest
from django.db import connection, connections
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext

from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Policy
from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query import instances
from django_celery_results.query.pages import PageRequest
from django_celery_results.query.session import Session
from tests.factories import at, create_task

pytestmark = pytest.mark.django_db

COLUMNS = [column.attname for column in TaskResult._meta.concrete_fields]


class WorkerPolicy(Policy):
    """A policy that reads a column of the task: only those of the worker `w` are visible."""

    def may(self, viewer: Any, action: Any, task: TaskResult | None = None) -> bool:
        return task is None or task.worker == "w"


def test_instance_equals_the_one_that_django_loads() -> None:
    row = create_task("t", worker="w", result="1")
    (instance,) = instances.load(TaskResult.objects.all(), COLUMNS)
    assert instance == row
    assert {name: getattr(instance, name) for name in COLUMNS} == {name: getattr(row, name) for name in COLUMNS}
    assert (instance._state.db, instance._state.adding) == (row._state.db, False)


def test_datetimes_equal_those_that_django_loads() -> None:
    create_task("t", date_started=at(0.123456), date_created=at(1))
    (instance,) = instances.load(TaskResult.objects.all(), ["date_created", "date_started", "eta"])
    row = TaskResult.objects.get()
    for name in ("date_created", "date_started", "eta"):
        ours, django_s = getattr(instance, name), getattr(row, name)
        assert (ours, ours and ours.tzinfo) == (django_s, django_s and django_s.tzinfo)


def test_connection_time_zone_does_not_change_datetimes(monkeypatch: pytest.MonkeyPatch) -> None:
    create_task("t", date_created=at(1))
    monkeypatch.setattr(connections["default"], "timezone_name", "Europe/Berlin")
    (instance,) = instances.load(TaskResult.objects.all(), ["date_created"])
    assert instance.date_created == at(1)


def test_instance_can_be_saved_and_deleted() -> None:
    create_task("t", worker="w")
    (instance,) = instances.load(TaskResult.objects.all(), ["status"])
    instance.worker = "other"
    instance.save(update_fields=["worker"])
    assert TaskResult.objects.get().worker == "other"
    instance.delete()
    assert not TaskResult.objects.exists()


def test_deferred_column_is_loaded_on_access() -> None:
    create_task("t", worker="w")
    (instance,) = instances.load(TaskResult.objects.all(), ["task_id"])
    with CaptureQueriesContext(connection) as queries:
        assert (instance.task_id, instance.worker) == ("t", "w")
    assert len(queries) == 1


def test_post_init_is_sent_for_each_instance() -> None:
    create_task("t")
    received: list[Any] = []

    def receive(instance: Any, **_: Any) -> None:
        received.append(instance)

    post_init.connect(receive, sender=TaskResult)
    try:
        loaded = instances.load(TaskResult.objects.all(), ["task_id"])
    finally:
        post_init.disconnect(receive, sender=TaskResult)
    assert received == loaded


def test_policy_reads_any_column_without_a_query_per_row(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": f"{__name__}.WorkerPolicy"}
    create_task("t", worker="w")
    session = Session(viewer=SYSTEM, columns=(), light=frozenset({"task_id"}))
    with CaptureQueriesContext(connection) as queries:
        assert [row.worker for row in session.page(PageRequest()).rows] == ["w"]
    assert len(queries) == 1
