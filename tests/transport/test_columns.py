"""Column by column or field by field: the same bytes, whatever types and rows a project adds."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_celery_results.policy.viewer import SYSTEM
from graphql_api.engine import Context, GraphQLRequest
from graphql_api.running import CoreEngine
from graphql_api.strawberry.computed import computed
from graphql_api.strawberry.executor import Executor
from graphql_api.strawberry.schema import graphql_core

pytestmark = pytest.mark.any_database


@strawberry.type
class Inner:
    name: str


@strawberry.type
class Odd:
    """A row that may hold anything."""

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
        return getattr(value, "is_odd", True)


@strawberry.type
class OddQuery:
    @strawberry.field
    def rows(self, info: strawberry.Info) -> list[Odd]:
        return info.context.memo["rows"]

    @strawberry.field
    def perhaps(self, info: strawberry.Info) -> list[Odd | None] | None:
        return info.context.memo["rows"]


class Raising:
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
        "is_odd": st.booleans(),
    },
)
ROWS = st.lists(VALUES.map(lambda given: SimpleNamespace(**given)) | st.none() | st.just(Raising()), max_size=3)
CONTAINERS = st.sampled_from([list, tuple, iter, lambda rows: None, lambda rows: "text", lambda rows: ValueError("x")])
SELECTIONS = st.lists(
    st.sampled_from(["text", "number", "double", "inner { name }", "many", "again: text", "__typename", "resolved"]),
    min_size=1,
    unique=True,
)


@pytest.fixture(scope="module")
def odd() -> CoreEngine:
    return CoreEngine(graphql_core(strawberry.Schema(OddQuery)), Executor)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS, container=CONTAINERS, selected=SELECTIONS, root=st.sampled_from(["rows", "perhaps"]))
def test_rows_that_hold_anything_are_answered_by_the_same_bytes(
    odd: CoreEngine, rows: list[Any], container: Any, selected: list[str], root: str
) -> None:
    query = f"{{ {root} {{ {' '.join(selected)} }} }}"
    answers = []
    for columnwise in (True, False):
        with override_settings(GRAPHQL_API={"COLUMNWISE": columnwise}):
            context = Context(viewer=SYSTEM, memo={"rows": container(rows)})
            done = odd.execute(GraphQLRequest(query=query), context)
        errors = [{**error, "extensions": error["extensions"]["code"]} for error in done.errors]
        answers.append(json.dumps([done.data, errors]))
    assert answers[0] == answers[1]
