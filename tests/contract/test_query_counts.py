"""SQL statements of a document: no query per row, and only the selected columns."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_required_argument

from django_celery_results.query.aggregates import Aggregate
from tests.contract.graphql_client import GraphQLClient
from tests.factories import at, create_group, create_task

pytestmark = pytest.mark.django_db

SELECTIONS = {"TaskResultConnection": "nodes { taskId }", "GroupResult": "groupId", "TaskResult": "taskId"}


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
    """Return a selection of each field of a type that has no required argument."""
    fields = engine.documents.schema.type_map[kind].fields
    return [
        f"{name}{selection_of(get_named_type(field.type))}"
        for name, field in fields.items()
        if not any(is_required_argument(argument) for argument in field.args.values())
    ]


def selection_of(kind: Any) -> str:
    if not isinstance(kind, GraphQLObjectType):
        return ""
    leaves = [
        name for name, field in kind.fields.items() if not isinstance(get_named_type(field.type), GraphQLObjectType)
    ]
    return f" {{ {SELECTIONS.get(kind.name) or ' '.join(leaves)} }}"


def test_no_field_of_a_task_takes_a_query_per_row(client: GraphQLClient, rows: None) -> None:
    for selected in selections(client.engine, "TaskResult"):
        counts = [
            len(client.sql(f"{{ taskResults(first: {first}) {{ nodes {{ {selected} }} }} }}")) for first in (3, 6)
        ]
        assert counts[0] == counts[1], selected


def test_no_field_of_a_groups_tasks_takes_a_query_per_row(client: GraphQLClient, rows: None) -> None:
    query = "{ groupResults(first: 2) { nodes { tasks(first: %d) { edges { cursor node { %s } } } } } }"
    for selected in selections(client.engine, "TaskResult"):
        counts = [len(client.sql(query % (first, selected))) for first in (3, 6)]
        assert counts[0] == counts[1], selected


def test_only_selected_columns_are_read(client: GraphQLClient, rows: None) -> None:
    (sql,) = client.sql("{ taskResults { nodes { taskId state } } }")
    columns, _, _ = sql.partition(" FROM ")
    assert all(name in columns for name in ("task_id", "status"))
    assert not any(name in columns for name in ("worker", "date_created", "meta", "result."))


def test_newest_rows_of_all_buckets_are_looked_up_in_linear_time(
    client: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups: list[Any] = []
    latest_pk: Any = Aggregate.latest_pk.fget
    monkeypatch.setattr(Aggregate, "latest_pk", property(lambda self: lookups.append(self) or latest_pk(self)))
    for number in range(30):
        create_task(f"t{number}", task_name=f"n{number}")
    buckets = client.data("{ taskResultStats { groups(by: [TASK_NAME], top: 30) { latest { taskId } } } }")
    assert len(buckets["taskResultStats"]["groups"]) == 30
    assert len(lookups) == 2 * 30  # once to load all rows, once to pick each bucket's own
