"""Groups and their tasks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query import groups
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.groups import Group
from django_celery_results.query.members import members
from django_celery_results.query.operators import StateFilter
from django_celery_results.query.pages import PageRequest
from django_celery_results.query.session import Session
from django_celery_results.states import TaskState
from tests.factories import at, create_group, create_task

pytestmark = pytest.mark.django_db


def session() -> Session:
    return Session(viewer=SYSTEM, columns=())


def found(group_id: str) -> Group:
    group = groups.find(session(), group_id)
    assert group
    return group


@pytest.mark.parametrize("failed", [0, 1])
def test_a_group_says_how_its_tasks_are(failed: int) -> None:
    for number in range(3):
        create_task(f"t{number}", status="FAILURE" if number < failed else "SUCCESS", date_done=at(number))
    create_group("g", ["t0", "t1", "t2"])
    asked = found("g")
    assert (asked.size, asked.completed_count, asked.is_ready, asked.is_successful) == (3, 3, True, not failed)
    assert asked.date_done == at(2)
    assert sum(entry.count for entry in asked.state_counts) == 3


def test_a_task_without_a_row_keeps_the_group_unready() -> None:
    create_task("t0", status="SUCCESS")
    create_group("g", ["t0", "gone"])
    asked = found("g")
    assert (asked.size, asked.completed_count, asked.is_ready, asked.is_successful) == (2, 1, False, False)
    assert asked.date_done is None


def test_an_empty_group_is_ready_and_was_never_done() -> None:
    create_group("g", [])
    asked = found("g")
    assert (asked.size, asked.is_ready, asked.date_done) == (0, True, None)


def test_nested_groups_are_unfolded() -> None:
    nested = '[["g", null], [[["a", null], null], [["inner", null], [[["b", null], null], [["c", null], null]]]]]'
    row = create_group("g", [])
    row.result = nested
    assert members(row) == ("a", "b", "c")


@pytest.mark.parametrize("text", ["null", "[]", "[1, 2]", '{"a": 1}', '[["g"], [1]]', "[" * 50_000, "gASV", None])
def test_what_is_no_group_has_the_members_that_rows_name(text: str | None) -> None:
    create_task("t0", group_id="g")
    row = create_group("g", [])
    row.result = text
    row.save()
    assert found("g").members == ("t0",)


def test_tasks_are_paged_the_same_from_a_batch_and_by_a_query() -> None:
    for number in range(5):
        create_task(f"t{number}", group_id="g", date_created=at(number % 2))
    create_group("g", [f"t{number}" for number in range(5)])
    asked = found("g")
    batched = asked.tasks(PageRequest(first=2))
    rest = asked.tasks(PageRequest(first=10, after=batched.end_cursor))
    assert [row.task_id for row in batched.rows] == ["t3", "t1"]
    assert [row.task_id for row in rest.rows] == ["t4", "t2", "t0"]
    assert (batched.has_next_page, rest.has_next_page, batched.total_count) == (True, False, 5)
    failed = TaskResultFilter(state=StateFilter(eq=TaskState.FAILURE))
    assert not asked.tasks(PageRequest(), where=failed).rows


def test_a_large_group_pages_by_queries_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_TOGETHER", 1)
    monkeypatch.setattr(groups, "_MAX_LISTED", 1)
    for number in range(3):
        create_task(f"t{number}", group_id="g")
    create_group("g", ["t0", "t1", "t2"])
    assert len(found("g").tasks(PageRequest(first=2)).rows) == 2


@pytest.mark.parametrize("count", [1, 6])
def test_a_page_of_groups_costs_three_queries(count: int) -> None:
    for number in range(count):
        create_task(f"t{number}", group_id=f"g{number}")
        create_group(f"g{number}", [f"t{number}"])
    with CaptureQueriesContext(connection) as captured:
        for one in groups.page(session(), PageRequest()).rows:
            assert one.completed_count == 1
            assert [row.task_id for row in one.tasks(PageRequest()).rows] == list(one.members)
    assert len(captured) == 3


def test_nothing_is_loaded_for_the_group_after_a_page() -> None:
    for number in range(2):
        create_group(f"g{number}", [])
    page = groups.page(session(), PageRequest(first=1))
    (shown,) = page.rows
    assert [known.group_id for known in shown.batch.groups] == [shown.group_id]
    assert page.has_next_page


def test_the_group_of_a_task_is_found() -> None:
    row = create_task("t", group_id="g")
    assert groups.of_task(session(), row) is None
    create_group("g", ["t"])
    asked = groups.of_task(session(), row)
    assert asked
    assert asked.group_id == "g"
