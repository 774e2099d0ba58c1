"""Groups report the states of their tasks and page through them in a constant number of queries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_celery_results.policy.viewer import SYSTEM
from django_celery_results.query import groups
from django_celery_results.query.counting import counted
from django_celery_results.query.filters import TaskResultFilter
from django_celery_results.query.groups import Group
from django_celery_results.query.members import members
from django_celery_results.query.operators import StateFilter
from django_celery_results.query.pages import PageRequest
from django_celery_results.query.session import Session
from django_celery_results.states import TaskState
from tests.factories import at, create_group, create_task

pytestmark = pytest.mark.django_db


def new_session() -> Session:
    return Session(viewer=SYSTEM, columns=())


def find_group(group_id: str) -> Group:
    group = groups.find(new_session(), group_id)
    assert group
    return group


@pytest.mark.parametrize("failed", [0, 1])
def test_group_counts_the_states_of_its_tasks(failed: int) -> None:
    for number in range(3):
        create_task(f"t{number}", status="FAILURE" if number < failed else "SUCCESS", date_done=at(number))
    create_group("g", ["t0", "t1", "t2"])
    group = find_group("g")
    assert (group.size, group.completed_count, group.is_ready, group.is_successful) == (3, 3, True, not failed)
    assert group.date_done == at(2)
    assert sum(entry.count for entry in group.state_counts) == 3


def test_group_with_a_task_without_row_is_not_ready() -> None:
    create_task("t0", status="SUCCESS")
    create_group("g", ["t0", "gone"])
    group = find_group("g")
    assert (group.size, group.completed_count, group.is_ready, group.is_successful) == (2, 1, False, False)
    assert group.date_done is None


def test_empty_group_is_ready_without_a_completion_date() -> None:
    create_group("g", [])
    group = find_group("g")
    assert (group.size, group.is_ready, group.date_done) == (0, True, None)


def test_members_include_those_of_nested_groups() -> None:
    nested = '[["g", null], [[["a", null], null], [["inner", null], [[["b", null], null], [["c", null], null]]]]]'
    row = create_group("g", [])
    row.result = nested
    assert members(row) == ("a", "b", "c")


@pytest.mark.parametrize("text", ["null", "[]", "[1, 2]", '{"a": 1}', '[["g"], [1]]', "[" * 50_000, "gASV", None])
def test_unreadable_group_takes_its_members_from_task_rows(text: str | None) -> None:
    create_task("t0", group_id="g")
    row = create_group("g", [])
    row.result = text
    row.save()
    assert find_group("g").members == ("t0",)


def test_pages_from_the_batch_and_from_a_query_continue_each_other() -> None:
    for number in range(5):
        create_task(f"t{number}", group_id="g", date_created=at(number % 2))
    create_group("g", [f"t{number}" for number in range(5)])
    group = find_group("g")
    batched = group.tasks(PageRequest(first=2))
    rest = group.tasks(PageRequest(first=10, after=batched.end_cursor))
    assert [row.task_id for row in batched.rows] == ["t3", "t1"]
    assert [row.task_id for row in rest.rows] == ["t4", "t2", "t0"]
    assert (batched.has_next_page, rest.has_next_page, batched.total_count) == (True, False, 5)
    failed = TaskResultFilter(state=StateFilter(eq=TaskState.FAILURE))
    assert not group.tasks(PageRequest(), where=failed).rows


def test_large_group_is_paged_by_its_own_query(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_TOGETHER", 1)
    monkeypatch.setattr(groups, "_MAX_LISTED", 1)
    for number in range(3):
        create_task(f"t{number}", group_id="g")
    create_group("g", ["t0", "t1", "t2"])
    first = find_group("g").tasks(PageRequest(first=2))
    rest = find_group("g").tasks(PageRequest(first=2, after=first.end_cursor))
    assert [[row.task_id for row in page.rows] for page in (first, rest)] == [["t2", "t1"], ["t0"]]
    assert (first.has_next_page, rest.has_next_page) == (True, False)


@pytest.mark.parametrize("count", [1, 6])
def test_page_of_groups_costs_three_queries(count: int) -> None:
    for number in range(count):
        create_task(f"t{number}", group_id=f"g{number}")
        create_group(f"g{number}", [f"t{number}"])
    with CaptureQueriesContext(connection) as captured:
        for one in groups.page(new_session(), PageRequest()).rows:
            assert one.completed_count == 1
            assert [row.task_id for row in one.tasks(PageRequest()).rows] == list(one.members)
    assert len(captured) == 3


def test_group_after_the_page_is_not_loaded() -> None:
    for number in range(2):
        create_group(f"g{number}", [])
    page = groups.page(new_session(), PageRequest(first=1))
    (shown,) = page.rows
    assert [known.group_id for known in shown.batch.groups] == [shown.group_id]
    assert page.has_next_page


def test_group_of_a_task_is_found() -> None:
    row = create_task("t", group_id="g")
    assert groups.of_task(new_session(), row) is None
    create_group("g", ["t"])
    group = groups.of_task(new_session(), row)
    assert group
    assert group.group_id == "g"


def test_equally_frequent_states_are_ordered_by_name() -> None:
    counts = counted(["SUCCESS", "FAILURE", "STARTED", "STARTED"])
    assert [(each.status, each.count) for each in counts] == [("STARTED", 2), ("FAILURE", 1), ("SUCCESS", 1)]
