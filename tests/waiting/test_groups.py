"""Results of many tasks: methods of a group take a few queries, and read values only where these are asked for."""

import copy
import gc
import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from celery.app.task import Context
from celery.exceptions import TimeoutError as CeleryTimeoutError
from celery.result import AsyncResult, GroupResult
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import ContentDisallowed

from django_celery_results.backends import read_ahead
from django_celery_results.models import TaskResult
from tests.celery_app import app
from tests.waiting.polls import finishing
from tests.workers import PATIENCE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def read_ahead_never_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep rows that were read ahead, however slowly a busy machine asks for the next member."""
    monkeypatch.setattr(read_ahead, "_FRESH", 60.0)


VALUES = {"result", "traceback", "task_args", "task_kwargs"}


def columns_of(sql: str) -> set[str]:
    """Return the columns of tasks that this statement reads, or compares."""
    return set(re.findall(rf"{TaskResult._meta.db_table}.\..(\w+)", sql))


PAGES = 6
"""Queries for fifty members, in pages of 1, 2, 4, 8, 16 and 32."""


def test_completed_count_of_a_group_doubles_its_pages(results: list[AsyncResult]) -> None:
    group = app.GroupResult("group", results)
    with CaptureQueriesContext(connection) as queries:
        assert group.completed_count() == 40
    assert len(queries) <= PAGES


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (GroupResult.ready, True),
        (GroupResult.successful, True),
        (GroupResult.failed, False),
        (GroupResult.waiting, False),
        (GroupResult.completed_count, 40),
        (GroupResult.maybe_throw, None),
        (GroupResult.get, [number for number in range(50) if number % 5]),
        (GroupResult.join, [number for number in range(50) if number % 5]),
    ],
)
def test_methods_of_a_finished_group_take_few_queries(
    results: list[AsyncResult], method: Callable[[GroupResult], Any], expected: Any
) -> None:
    group = app.GroupResult("group", [result for number, result in enumerate(results) if number % 5])
    with CaptureQueriesContext(connection) as queries:
        assert method(group) == expected
    assert len(queries) <= PAGES + (method is GroupResult.maybe_throw)  # it looks at the first value after its state


def test_groups_accept_task_ids_of_type_uuid() -> None:
    ids = [uuid.uuid4() for _ in range(5)]
    for number, task_id in enumerate(ids):
        app.backend.store_result(str(task_id), number, "SUCCESS")
    for method in (GroupResult.get, GroupResult.join):
        group = app.GroupResult("group", [app.AsyncResult(task_id) for task_id in ids])
        assert group.completed_count() == 5
        assert method(group, timeout=PATIENCE) == [0, 1, 2, 3, 4]
    assert [task_id for task_id, _ in app.backend.get_many(ids[:1], timeout=PATIENCE)] == ids[:1]


def test_completed_count_of_a_restored_group_doubles_its_pages(results: list[AsyncResult]) -> None:
    app.GroupResult("group", results).save()
    with CaptureQueriesContext(connection) as queries:
        restored = app.GroupResult.restore("group", app=app)
        assert restored is not None
        assert restored.completed_count() == 40
    assert len(queries) <= PAGES + 1


@pytest.mark.parametrize(
    "method",
    [
        GroupResult.ready,
        GroupResult.successful,
        GroupResult.failed,
        GroupResult.waiting,
        GroupResult.completed_count,
    ],
)
@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE", "PROGRESS"])
def test_states_of_a_restored_group_are_read_without_values(
    results: list[AsyncResult], method: Callable[[GroupResult], Any], state: str
) -> None:
    for result in results[:8:2]:
        TaskResult.objects.filter(task_id=result.id).delete()
        app.backend.store_result(result.id, ValueError("no") if state == "FAILURE" else {"step": 1}, state)
    app.GroupResult("group", results).save()
    restored = app.GroupResult.restore("group", app=app)
    assert restored is not None
    with CaptureQueriesContext(connection) as queries:
        method(restored)
    assert queries
    assert not [query["sql"] for query in queries if VALUES & columns_of(query["sql"])]


def test_unready_member_is_found_without_reading_all_that_follow(results: list[AsyncResult]) -> None:
    group = app.GroupResult("group", results[1:])
    with CaptureQueriesContext(connection) as queries:
        assert not group.ready()
    assert sum(query["sql"].count("member-") for query in queries) <= 2 * 5


def test_values_of_a_ready_group_are_read_in_doubling_pages(results: list[AsyncResult]) -> None:
    finished = [result for number, result in enumerate(results) if number % 5]
    assert app.GroupResult("group", finished).ready()
    with CaptureQueriesContext(connection) as queries:
        assert [result.result for result in finished[30:31]] == [38]
    assert [query["sql"].count("member-") for query in queries] == [1]
    with CaptureQueriesContext(connection) as queries:
        assert [result.get() for result in finished[:30]] == [number for number in range(38) if number % 5]
    assert len(queries) <= PAGES


def test_values_of_ready_members_are_read_together_where_others_are_not_ready(results: list[AsyncResult]) -> None:
    for result in results[::5]:
        app.backend.store_result(result.id, {"step": 1}, "PROGRESS")
    assert app.GroupResult("group", results).completed_count() == 40
    finished = [result for number, result in enumerate(results) if number % 5]
    with CaptureQueriesContext(connection) as queries:
        assert [result.get() for result in finished] == [number for number in range(50) if number % 5]
    assert len(queries) <= PAGES


def test_join_of_a_ready_group_returns_its_values(results: list[AsyncResult]) -> None:
    app.backend.store_result(results[0].id, ValueError("no"), "FAILURE")
    group = app.GroupResult("group", results[:5])
    assert group.ready()
    first, *others = group.join(propagate=False)
    assert isinstance(first, ValueError)
    assert others == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="no"):
        group.join()


def test_unreadable_value_of_a_member_does_not_hide_others(results: list[AsyncResult]) -> None:
    TaskResult.objects.filter(task_id=results[3].id).update(content_type="application/x-python-serialize")
    assert app.GroupResult("group", results[1:5]).ready()
    assert [results[1].result, results[2].result, results[4].result] == [1, 2, 4]
    with pytest.raises(ContentDisallowed):
        _ = results[3].result


def test_member_that_was_deleted_after_its_state_was_read_has_no_value(results: list[AsyncResult]) -> None:
    assert app.GroupResult("group", results[1:5]).ready()
    TaskResult.objects.all().delete()
    assert results[1].result is None
    assert results[1].state == "PENDING"


@pytest.mark.parametrize(
    "look", [dict, lambda meta: {**meta}, lambda meta: meta | {}, copy.copy, dict.copy, lambda meta: dict(meta.items())]
)
def test_meta_of_a_member_is_the_whole_dictionary_however_it_is_read(
    results: list[AsyncResult], look: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    group = app.GroupResult("group", results)
    assert group.results is not None
    expected = app.backend.get_task_meta(results[1].id, cache=False)
    assert look(app.backend.get_task_meta(results[1].id)) == expected
    assert "result" in app.backend.get_task_meta(results[1].id)
    assert app.backend.get_task_meta(results[1].id) == expected


def test_children_of_a_member_are_results(results: list[AsyncResult]) -> None:
    request = Context(id=results[1].id)
    request.children.append(app.AsyncResult("child"))
    TaskResult.objects.all().delete()
    app.backend.store_result(results[1].id, 1, "SUCCESS", request=request)
    assert app.GroupResult("group", results[1:2]).ready()
    assert results[1].children == [app.AsyncResult("child")]
    assert results[1].result == 1
    assert results[1].children == [app.AsyncResult("child")]


def test_completed_count_sees_results_stored_since_the_last_call(results: list[AsyncResult]) -> None:
    group = app.GroupResult("group", results)
    assert group.completed_count() == 40
    for result in results:
        app.backend.store_result(result.id, 0, "SUCCESS")
    assert group.completed_count() == 50
    assert group.ready()


def test_state_read_ahead_is_returned_once_only(results: list[AsyncResult]) -> None:
    group = app.GroupResult("group", results)
    group.completed_count()
    waiting = results[45]
    assert waiting.state == "PENDING"
    app.backend.store_result(waiting.id, 0, "SUCCESS")
    assert waiting.state == "SUCCESS"


def test_forgotten_member_is_pending_at_once(results: list[AsyncResult]) -> None:
    group = app.GroupResult("group", results)
    assert [results[1].state, results[2].state] == ["SUCCESS", "SUCCESS"]
    results[3].forget()
    assert results[3].state == "PENDING"
    assert len(group) == 50


def test_get_joins_a_group_of_groups(results: list[AsyncResult]) -> None:
    inner = app.GroupResult("inner", [results[1], results[2]])
    outer = app.GroupResult("outer", [inner, results[3]])
    assert outer.get(timeout=PATIENCE) == [[1, 2], 3]


@pytest.mark.django_db(transaction=True)
def test_get_many_yields_results_in_the_order_they_are_stored() -> None:
    app.backend.store_result("first", 1, "SUCCESS")
    with finishing("second", value=2):
        results = [(task_id, meta["result"]) for task_id, meta in app.backend.get_many(["second", "first"])]
    assert results == [("first", 1), ("second", 2)]


def test_get_many_reports_how_many_results_are_missing_at_its_timeout() -> None:
    with pytest.raises(CeleryTimeoutError, match="2 results are missing"):
        list(app.backend.get_many(["a", "b"], timeout=0.02))
    assert list(app.backend.get_many(["a", "b"], max_iterations=1)) == []


def test_join_raises_or_returns_the_error_of_a_failed_member(results: list[AsyncResult]) -> None:
    app.backend.store_result(results[0].id, ValueError("no"), "FAILURE")
    group = app.GroupResult("group", results[:2])
    with pytest.raises(ValueError, match="no"):
        group.get(timeout=PATIENCE)
    first, second = app.GroupResult("group", results[:2]).get(timeout=PATIENCE, propagate=False)
    assert isinstance(first, ValueError)
    assert second == 1


@pytest.mark.skipif(connection.vendor != "mysql", reason="only MariaDB compares ids without case; set DATABASE_URL")
def test_get_many_matches_ids_regardless_of_case_as_mariadb_does() -> None:
    app.backend.store_result("mixed-Case", 1, "SUCCESS")
    assert [meta["result"] for _, meta in app.backend.get_many(["MIXED-case"], timeout=PATIENCE)] == [1]


def test_garbage_collected_results_do_not_stop_reading_ahead(results: list[AsyncResult]) -> None:
    older = app.GroupResult("group", [app.AsyncResult(result.id) for result in results])
    group = app.GroupResult("group", results)
    assert older.completed_count() == 40
    del older
    gc.collect()
    with CaptureQueriesContext(connection) as queries:
        assert group.completed_count() == 40
    assert len(queries) <= PAGES
