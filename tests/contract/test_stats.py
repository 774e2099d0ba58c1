"""taskResultStats and suggest: totals, breakdowns and time buckets of the tasks that a filter selects."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.contract.graphql_client import GraphQLClient
from tests.factories import at, create_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(db: None) -> None:
    """Runs of 1 to 10 seconds after a wait of one, and two tasks that never ran."""
    for number in range(10):
        status = "FAILURE" if number >= 8 else "SUCCESS"
        create_task(f"t{number}", status=status, task_name=f"n{number % 2}", date_created=at(0), date_started=at(1),
             date_done=at(number + 2))  # fmt: skip
    for number in range(2):
        create_task(f"q{number}", status="PENDING", date_created=at(60))


def test_total_counts_states_and_durations(client: GraphQLClient, rows: None) -> None:
    query = """{ taskResultStats { isTruncated total { count successRate firstSeenAt lastSeenAt
      stateCounts { state count }
      runtime { count min max avg sum isApproximate p50: percentile(p: 50) p95: percentile(p: 95) }
      queued { avg } } } }"""
    stats = client.data(query)["taskResultStats"]
    assert stats == {
        "isTruncated": False,
        "total": {
            "count": 12,
            "successRate": 0.8,
            "firstSeenAt": "2026-01-01T00:00:00Z",
            "lastSeenAt": "2026-01-01T00:01:00Z",
            "stateCounts": [
                {"state": "SUCCESS", "count": 8}, {"state": "FAILURE", "count": 2}, {"state": "PENDING", "count": 2},
            ],
            "runtime": {
                "count": 10, "min": 1.0, "max": 10.0, "avg": 5.5, "sum": 55.0, "p50": 5.0, "p95": 10.0,
                "isApproximate": False,
            },
            "queued": {"avg": 1.0},
        },
    }  # fmt: skip


def test_breakdown_aggregates_each_group_in_two_queries(client: GraphQLClient, rows: None) -> None:
    query = """{ taskResultStats(filter: {isReady: true}) {
      groups(by: [TASK_NAME]) { keys aggregate { count successRate runtime { max percentile(p: 50) } } } } }"""
    with CaptureQueriesContext(connection) as captured:
        buckets = client.data(query)["taskResultStats"]["groups"]
    assert {bucket["keys"][0]: bucket["aggregate"] for bucket in buckets} == {
        "n0": {"count": 5, "successRate": 0.8, "runtime": {"max": 9.0, "percentile": 5.0}},
        "n1": {"count": 5, "successRate": 0.8, "runtime": {"max": 10.0, "percentile": 6.0}},
    }
    assert sum("taskresult" in query["sql"] for query in captured) == 2


def test_time_bucket_spans_step_units(client: GraphQLClient, rows: None) -> None:
    for number in range(6):
        create_task(
            f"h{number}", date_created=at(0), date_started=at(3600 * number), date_done=at(3600 * number + number)
        )
    query = """{ taskResultStats { timeSeries(unit: HOUR, step: 2) {
      start end aggregate { count runtime { percentile(p: 100) } } } } }"""
    assert client.data(query)["taskResultStats"]["timeSeries"] == [
        {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T02:00:00Z",
         "aggregate": {"count": 12, "runtime": {"percentile": 10.0}}},
        {"start": "2026-01-01T02:00:00Z", "end": "2026-01-01T04:00:00Z",
         "aggregate": {"count": 2, "runtime": {"percentile": 3.0}}},
        {"start": "2026-01-01T04:00:00Z", "end": "2026-01-01T06:00:00Z",
         "aggregate": {"count": 2, "runtime": {"percentile": 5.0}}},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "selection",
    [
        "total { runtime { percentile(p: 101) } }",
        "total { runtime { percentile(p: -1) } }",
        "groups(by: []) { keys }",
        "groups(by: [STATUS, STATUS]) { keys }",
        "groups(by: [STATUS], top: 101) { keys }",
        "timeSeries(unit: DAY, step: 0) { start }",
        'timeSeries(unit: DAY, timeZone: "../etc/passwd") { start }',
        'timeSeries(unit: DAY, timeZone: "Nowhere") { start }',
    ],
)
def test_invalid_statistics_argument_is_bad_user_input(client: GraphQLClient, rows: None, selection: str) -> None:
    assert client.codes(f"{{ taskResultStats {{ {selection} }} }}") == ["BAD_USER_INPUT"]


def test_suggestions_are_distinct_and_ordered(client: GraphQLClient, rows: None) -> None:
    assert client.data('{ suggest(field: TASK_NAME, prefix: "n") }') == {"suggest": ["n0", "n1"]}
    assert client.data("{ suggest(field: TASK_NAME, first: 1) }") == {"suggest": ["n0"]}
    assert client.data("{ suggest(field: WORKER) }") == {"suggest": []}


ALONE = ["count", "successRate", "firstSeenAt", "lastSeenAt", "stateCounts { state count }"]
ALONE += [f"{name} {{ {part} }}" for name in ("runtime", "queued") for part in ("count", "avg", "sum", "min", "max")]


def test_time_bucket_without_time_zones_follows_the_projects_clock(client: GraphQLClient, settings: Settings) -> None:
    settings.USE_TZ, settings.TIME_ZONE = False, "Asia/Tokyo"
    create_task("t", date_created=datetime(2026, 1, 1, 1, 30))
    query = "{ taskResultStats { timeSeries(unit: HOUR, field: DATE_CREATED) { start end } } }"
    [bucket] = client.data(query)["taskResultStats"]["timeSeries"]
    hours = [datetime.fromisoformat(bucket[name]).astimezone(UTC) for name in ("start", "end")]
    assert hours == [datetime(2025, 12, 31, hour, tzinfo=UTC) for hour in (16, 17)]


def test_aggregate_is_the_same_alone_and_beside_others(client: GraphQLClient, rows: None) -> None:
    parts = "{ count avg sum min max }"
    whole = f"{' '.join(ALONE[:5])} runtime {parts} queued {parts}"
    query = """{ taskResultStats { total { %s } groups(by: [TASK_NAME]) { keys aggregate { %s } }
      timeSeries(unit: MINUTE) { aggregate { %s } } } }"""

    def aggregates_with(selected: str) -> list[dict[str, Any]]:
        stats = client.data(query.replace("%s", selected))["taskResultStats"]
        buckets = sorted(stats["groups"], key=lambda one: str(one["keys"]))  # equal counts come in any order
        aggregates = [stats["total"], *(one["aggregate"] for one in (*buckets, *stats["timeSeries"]))]
        for aggregate in aggregates:
            aggregate.get("stateCounts", []).sort(key=lambda one: one["state"])
        return aggregates

    for alone in ALONE:
        name, _, inner = alone.partition(" { ")
        expected = [aggregate[name] for aggregate in aggregates_with(whole)]
        if name in ("runtime", "queued"):
            expected = [{part: values[part] for part in inner.split()[:-1]} for values in expected]
        assert [aggregate[name] for aggregate in aggregates_with(alone)] == expected, alone


def test_only_selected_aggregates_are_computed(client: GraphQLClient, rows: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        client.data("{ taskResultStats { groups(by: [TASK_NAME]) { keys aggregate { count } } } }")
    (sql,) = (query["sql"] for query in captured if "taskresult" in query["sql"])
    assert not any(name in sql for name in ("date_started", "MIN(", "SUM(", "status"))


def test_group_returns_its_newest_row(client: GraphQLClient) -> None:
    query = "{ taskResultStats { groups(by: [TASK_NAME, STATUS]) { keys latest { taskId parent { taskId } } } } }"
    create_task("parent", task_name="root")
    for number in range(3):
        create_task(f"a{number}", task_name="a", status="FAILURE" if number == 1 else "SUCCESS", parent_id="parent")
    groups = client.data(query)["taskResultStats"]["groups"]
    latest = {tuple(group["keys"]): group["latest"]["taskId"] for group in groups}
    assert latest == {("a", "SUCCESS"): "a2", ("a", "FAILURE"): "a1", ("root", "SUCCESS"): "parent"}
    few = len(client.sql(query))
    for name in "bcdef":
        create_task(name, task_name=name, parent_id="parent")
    assert len(client.sql(query)) == few


def test_time_buckets_are_broken_down_by_a_column(client: GraphQLClient) -> None:
    for number, (name, hour) in enumerate([("a", 0), ("a", 0), ("b", 0), ("b", 1), (None, 1)]):
        moment = at(hour * 3600 + number)
        create_task(
            f"t{number}", task_name=name, date_created=moment, date_started=moment, date_done=at(hour * 3600 + 10)
        )
    query = """{ taskResultStats { timeSeries(unit: HOUR, by: TASK_NAME) { aggregate { count runtime { max } }
      groups { keys aggregate { count runtime { max percentile(p: 50) } } latest { taskId } } } } }"""
    first, second = client.data(query)["taskResultStats"]["timeSeries"]
    assert first == {
        "aggregate": {"count": 3, "runtime": {"max": 10.0}},
        "groups": [
            {
                "keys": ["a"],
                "aggregate": {"count": 2, "runtime": {"max": 10.0, "percentile": 9.0}},
                "latest": {"taskId": "t1"},
            },
            {
                "keys": ["b"],
                "aggregate": {"count": 1, "runtime": {"max": 8.0, "percentile": 8.0}},
                "latest": {"taskId": "t2"},
            },
        ],
    }
    assert [group["keys"] for group in second["groups"]] in ([["b"], [None]], [[None], ["b"]])
    without = client.data("{ taskResultStats { timeSeries(unit: DAY, by: null) { groups { keys } } } }")
    assert without["taskResultStats"]["timeSeries"] == [{"groups": []}]
