"""What a document does not ask for stays in the database, and nothing it asks for costs a query per row."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import GraphQLObjectType, get_named_type, is_required_argument

from django_celery_results.query.aggregates import Aggregate
from tests.contract.conftest import Client
from tests.factories import at, create_group, create_task

pytestmark = pytest.mark.django_db

WITHIN = {"TaskResultConnection": "nodes { taskId }", "GroupResult": "groupId", "TaskResult": "taskId"}


@pytest.fixture
def rows(db: None) -> None:
    states = ["SUCCESS", "FAILURE", "PROGRESS", "PENDING", "RETRY", "REVOKED"]
    for number, status in enumerate(states):
        create_task(
            f"t{number}",
            status=status,
            task_name="shop.charge",
            group_id="g",
            parent_id=f"t{number - 1}",
            root_id="t0",
            retried_from=f"t{number - 1}",
            result='{"current": 1}',
            task_args="[1]",
            date_created=at(number),
            date_started=at(number),
        )
    create_group("g", [f"t{number}" for number in range(len(states))])


def selections(engine: Any, kind: str) -> list[str]:
    """Each field of a type, with what it takes to select it."""
    fields = engine.documents.schema.type_map[kind].fields
    return [
        f"{name}{_within(get_named_type(field.type))}"
        for name, field in fields.items()
        if not any(is_required_argument(given) for given in field.args.values())
    ]


def _within(kind: Any) -> str:
    if not isinstance(kind, GraphQLObjectType):
        return ""
    leaves = [
        name for name, field in kind.fields.items() if not isinstance(get_named_type(field.type), GraphQLObjectType)
    ]
    return f" {{ {WITHIN.get(kind.name) or ' '.join(leaves)} }}"


def sql_of(client: Client, query: str) -> list[str]:
    client.data(query)
    with CaptureQueriesContext(connection) as queries:
        client.data(query)
    return [query["sql"] for query in queries]


def test_no_field_costs_a_query_per_row(client: Client, rows: None) -> None:
    for selected in selections(client.engine, "TaskResult"):
        counts = [
            len(sql_of(client, f"{{ taskResults(first: {first}) {{ nodes {{ {selected} }} }} }}")) for first in (3, 6)
        ]
        assert counts[0] == counts[1], selected


def test_no_field_of_a_group_s_tasks_costs_a_query_per_row(client: Client, rows: None) -> None:
    query = "{ groupResults(first: 2) { nodes { tasks(first: %d) { edges { cursor node { %s } } } } } }"
    for selected in selections(client.engine, "TaskResult"):
        counts = [len(sql_of(client, query % (first, selected))) for first in (3, 6)]
        assert counts[0] == counts[1], selected


def test_columns_that_are_not_selected_are_not_read(client: Client, rows: None) -> None:
    (sql,) = sql_of(client, "{ taskResults { nodes { taskId state } } }")
    read, _, _ = sql.partition(" FROM ")
    assert all(name in read for name in ("task_id", "status"))
    assert not any(name in read for name in ("worker", "date_created", "meta", "result."))


def test_tasks_without_their_group_s_id_are_found_by_their_own(client: Client, rows: None) -> None:
    create_task("alone", date_created=at(2.5))
    create_group("mixed", ["t1", "alone", "t5", "not yet"])
    query = "{ groupResults { nodes { groupId tasks { nodes { taskId } } } } }"
    found = {one["groupId"]: one["tasks"]["nodes"] for one in client.data(query)["groupResults"]["nodes"]}
    assert [row["taskId"] for row in found["mixed"]] == ["t5", "alone", "t1"]
    assert [row["taskId"] for row in found["g"]] == ["t5", "t4", "t3", "t2", "t1", "t0"]


def test_the_newest_rows_of_many_buckets_are_found_in_one_pass(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    found: Any = Aggregate.latest_pk.fget
    monkeypatch.setattr(Aggregate, "latest_pk", property(lambda one: asked.append(one) or found(one)))
    for number in range(30):
        create_task(f"t{number}", task_name=f"n{number}")
    buckets = client.data("{ taskResultStats { groups(by: [TASK_NAME], top: 30) { latest { taskId } } } }")
    assert len(buckets["taskResultStats"]["groups"]) == 30
    assert len(asked) == 2 * 30  # for all of them together, and for each of itself
