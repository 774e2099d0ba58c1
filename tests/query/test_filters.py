"""Filters that a reading in Python cannot model: clocks, settings, other rows, and text in any case."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.operators import DateTimeFilter, IDFilter, StringFilter
from django_celery_results.query.tasks import selected
from tests.query.rows import task

pytestmark = pytest.mark.django_db


def ids(where: TaskResultFilter) -> list[str]:
    return sorted(row.task_id for row in selected(SYSTEM, where))


def test_windows_roll_with_the_clock() -> None:
    now = timezone.now()
    for hours in (1, 3):
        task(f"{hours}h", date_created=now - timedelta(hours=hours))
    two_hours = timedelta(hours=2)
    assert ids(TaskResultFilter(date_created=DateTimeFilter(within_last=two_hours))) == ["1h"]
    assert ids(TaskResultFilter(date_created=DateTimeFilter(older_than=two_hours))) == ["3h"]
    assert ids(TaskResultFilter(date_done=DateTimeFilter(within_last=two_hours))) == ["1h", "3h"]


def test_operators_that_begin_with_i_ignore_case() -> None:
    for name in ("Proj.Add", "proj.sub", "%"):
        task(name, task_name=name)
    assert ids(TaskResultFilter(task_name=StringFilter(i_eq="PROJ.ADD"))) == ["Proj.Add"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_contains="OJ.S"))) == ["proj.sub"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_starts_with="PROJ"))) == ["Proj.Add", "proj.sub"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_ends_with="ADD"))) == ["Proj.Add"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_contains="%"))) == ["%"]


def test_regular_expressions_work_where_they_are_allowed(settings: Settings) -> None:
    task("t1", task_name="proj.add")
    settings.DJANGO_CELERY_RESULTS = {"ALLOW_REGEX": True}
    assert ids(TaskResultFilter(task_name=StringFilter(regex="^proj[.]a"))) == ["t1"]
    assert ids(TaskResultFilter(task_name=StringFilter(i_regex="^PROJ"))) == ["t1"]
    assert ids(TaskResultFilter(not_=TaskResultFilter(worker=StringFilter(regex="x")))) == ["t1"]


def test_what_was_retried_is_known_by_the_other_row() -> None:
    task("first")
    task("second", retried_from="first")
    assert ids(TaskResultFilter(was_retried=True)) == ["first"]
    assert ids(TaskResultFilter(was_retried=False)) == ["second"]


def test_ids_begin_with_exactly_this() -> None:
    for name in ("a_1", "ab1", "A_1"):
        task(f"{name}-{len(name)}{name.isupper()}")
    assert ids(TaskResultFilter(task_id=IDFilter(starts_with="a_"))) == ["a_1-3False"]
