"""Rows made by hand are those that Django makes."""

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


class Looking(Policy):
    """Lets nobody but the worker's own people see."""

    def may(self, viewer: Any, action: Any, task: TaskResult | None = None) -> bool:
        return task is None or task.worker == "w"


def test_a_row_equals_the_one_that_django_loads() -> None:
    row = create_task("t", worker="w", result="1")
    (made,) = instances.load(TaskResult.objects.all(), COLUMNS)
    assert made == row
    assert {name: getattr(made, name) for name in COLUMNS} == {name: getattr(row, name) for name in COLUMNS}
    assert (made._state.db, made._state.adding) == (row._state.db, False)


def test_times_are_those_that_django_loads() -> None:
    create_task("t", date_started=at(0.123456), date_created=at(1))
    (made,) = instances.load(TaskResult.objects.all(), ["date_created", "date_started", "eta"])
    row = TaskResult.objects.get()
    for name in ("date_created", "date_started", "eta"):
        ours, django_s = getattr(made, name), getattr(row, name)
        assert (ours, ours and ours.tzinfo) == (django_s, django_s and django_s.tzinfo)


def test_a_connection_in_another_time_zone_gives_the_same_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    create_task("t", date_created=at(1))
    monkeypatch.setattr(connections["default"], "timezone_name", "Europe/Berlin")
    (made,) = instances.load(TaskResult.objects.all(), ["date_created"])
    assert made.date_created == at(1)


def test_a_row_can_be_saved_and_deleted() -> None:
    create_task("t", worker="w")
    (made,) = instances.load(TaskResult.objects.all(), ["status"])
    made.worker = "other"
    made.save(update_fields=["worker"])
    assert TaskResult.objects.get().worker == "other"
    made.delete()
    assert not TaskResult.objects.exists()


def test_a_column_that_was_left_out_is_read_on_demand() -> None:
    create_task("t", worker="w")
    (made,) = instances.load(TaskResult.objects.all(), ["task_id"])
    with CaptureQueriesContext(connection) as queries:
        assert (made.task_id, made.worker) == ("t", "w")
    assert len(queries) == 1


def test_whoever_listens_to_instances_being_made_hears_of_each() -> None:
    create_task("t")
    heard: list[Any] = []

    def hear(instance: Any, **_: Any) -> None:
        heard.append(instance)

    post_init.connect(hear, sender=TaskResult)
    try:
        found = instances.load(TaskResult.objects.all(), ["task_id"])
    finally:
        post_init.disconnect(hear, sender=TaskResult)
    assert heard == found


def test_a_policy_may_look_at_any_column_without_a_query_per_row(settings: Any) -> None:
    settings.DJANGO_CELERY_RESULTS = {"POLICY": f"{__name__}.Looking"}
    create_task("t", worker="w")
    session = Session(viewer=SYSTEM, columns=(), light=frozenset({"task_id"}))
    with CaptureQueriesContext(connection) as queries:
        assert [row.worker for row in session.page(PageRequest()).rows] == ["w"]
    assert len(queries) == 1
