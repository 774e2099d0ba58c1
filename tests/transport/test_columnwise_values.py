"""Completing lists by columns returns the same bytes as graphql-core does, whatever types and values a project adds."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from django_celery_results.policy.viewer import SYSTEM
from graphql_api.engine import Context, GraphQLRequest
from graphql_api.running import CoreEngine
from tests.random_examples import random_examples

strawberry = pytest.importorskip("strawberry")

from graphql_api.strawberry.computed import computed  # noqa: E402 - only where strawberry is installed
from graphql_api.strawberry.executor import Executor  # noqa: E402
from graphql_api.strawberry.schema import graphql_core  # noqa: E402

pytestmark = pytest.mark.any_database


@strawberry.type
class Inner:
    name: str


@strawberry.type
class Row:
    """A row of a project, whose attributes may hold anything."""

    text: str
    number: int | None
    inner: Inner | None
    many: list[str] | None
    double: int = computed(lambda row: row.number * 2)

    @strawberry.field
    def resolved(self) -> str:
        return "resolved"

    @classmethod
    def is_type_of(cls, value: Any, info: Any) -> bool:
        return getattr(value, "is_row", True)


@strawberry.type
class RowQuery:
    @strawberry.field
    def rows(self, info: strawberry.Info) -> list[Row]:
        return info.context.memo["rows"]

    @strawberry.field
    def nullable(self, info: strawberry.Info) -> list[Row | None] | None:
        return info.context.memo["rows"]


class RaisingRow:
    number = 1

    @property
    def text(self) -> str:
        raise ValueError("no text")


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "text": st.none() | st.text(max_size=3) | st.integers() | st.just(ValueError("an exception")) | st.just(object),
        "number": st.none() | st.integers(-3, 3) | st.just(2**40) | st.text(max_size=2),
        "inner": st.none() | st.just(SimpleNamespace(name="x")) | st.just(SimpleNamespace(name=None)) | st.just(3),
        "many": st.none() | st.lists(st.none() | st.text(max_size=2), max_size=3) | st.just("abc") | st.just({"a"}),
        "is_row": st.booleans(),
    },
)
ROWS = st.lists(VALUES.map(lambda values: SimpleNamespace(**values)) | st.none() | st.just(RaisingRow()), max_size=3)
CONTAINERS = st.sampled_from([list, tuple, iter, lambda rows: None, lambda rows: "text", lambda rows: ValueError("x")])
SELECTIONS = st.lists(
    st.sampled_from(["text", "number", "double", "inner { name }", "many", "again: text", "__typename", "resolved"]),
    min_size=1,
    unique=True,
)


@pytest.fixture(scope="module")
def engine() -> CoreEngine:
    """An engine over a schema that has nothing but the project's types."""
    return CoreEngine(graphql_core(strawberry.Schema(RowQuery)), Executor)


@random_examples(120)
@given(rows=ROWS, container=CONTAINERS, selected=SELECTIONS, root=st.sampled_from(["rows", "nullable"]))
def test_rows_of_any_values_return_the_same_bytes_by_column_and_by_field(
    engine: CoreEngine, rows: list[Any], container: Any, selected: list[str], root: str
) -> None:
    query = f"{{ {root} {{ {' '.join(selected)} }} }}"
    responses = []
    for by_column in (True, False):
        with override_settings(GRAPHQL_API={"COLUMNWISE": by_column}):
            context = Context(viewer=SYSTEM, memo={"rows": container(rows)})
            response = engine.execute(GraphQLRequest(query=query), context)
        errors = [{**error, "extensions": error["extensions"]["code"]} for error in response.errors]
        responses.append(json.dumps([response.data, errors]))
    assert responses[0] == responses[1]
