"""Column by column or field by field: the same bytes, whatever is asked and whatever the rows hold."""

import itertools
import json
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from django.test import override_settings
from django.utils import timezone
from graphql import GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, get_named_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_celery_results.models import GroupResult, TaskResult
from django_celery_results.policy.viewer import SYSTEM
from graphql_api import columnwise as executors
from graphql_api.engine import Context, GraphQLRequest
from graphql_api.strawberry import executor
from graphql_api.strawberry.computed import computed
from graphql_api.strawberry.execution import StrawberryEngine, engine
from graphql_api.strawberry.executor import Executor
from graphql_api.strawberry.prepared import Prepared

pytestmark = pytest.mark.any_database

ROOTS = ("taskResults", "groupResults", "node", "nodes", "taskResult")
ARGUMENTS = {
    "taskResults": ["", "(first: 3)", "(last: 2)", "(filter: {state: {eq: FAILURE}})"],
    "groupResults": ["", "(first: 1)"],
    "tasks": ["", "(first: 2)"],
    "children": ["(first: 1)"],
    "retriedAs": ["(first: 1)"],
    "node": ["(id: $id)"],
    "nodes": ["(ids: [$id, $id])"],
    "taskResult": ["(ref: {taskId: $taskId})"],
}
VARIABLES = {"$id": "ID!", "$taskId": "String!", "$yes": "Boolean!", "$no": "Boolean!"}


class Writer:
    """Writes a random valid document for a schema."""

    def __init__(self, draw: Any, kinds: dict[str, Any]) -> None:
        self.draw = draw
        self.kinds = kinds
        self.numbers = itertools.count()

    def document(self) -> str:
        names = self.draw(st.lists(st.sampled_from(ROOTS), min_size=1, max_size=2, unique=True))
        body = self.fields("Query", names, 5)
        used = ", ".join(f"{name}: {kind}" for name, kind in VARIABLES.items() if name in body)
        return f"query Q({used}) {{ {body} }}" if used else f"{{ {body} }}"

    def fields(self, kind: str, names: list[str], depth: int) -> str:
        return " ".join(self.field(self.kinds[kind].fields[name], name, depth) for name in names)

    def field(self, field: Any, name: str, depth: int) -> str:
        alias = f"a{next(self.numbers)}: " if self.draw(st.integers(0, 9)) == 0 else ""
        arguments = self.draw(st.sampled_from(ARGUMENTS.get(name, [""]) if field.args else [""]))
        directive = self.draw(
            st.sampled_from([""] * 12 + [" @include(if: $yes)", " @skip(if: $yes)", " @skip(if: $no)"])
        )
        return f"{alias}{name}{arguments}{directive}{self.selection(get_named_type(field.type), depth - 1)}"

    def selection(self, kind: Any, depth: int) -> str:
        if isinstance(kind, GraphQLInterfaceType):
            inner = self.selection(self.kinds["TaskResult"], depth)
            return f" {{ id ... on TaskResult {inner} }}"
        return f" {{ {self.object(kind, depth)} }}" if isinstance(kind, GraphQLObjectType) else ""

    def object(self, kind: GraphQLObjectType, depth: int) -> str:
        usable = [name for name, field in kind.fields.items() if depth > 0 or _is_leaf(field)]
        names = self.draw(st.lists(st.sampled_from([*usable, "__typename"]), min_size=1, max_size=5, unique=True))
        written = [name if name == "__typename" else self.field(kind.fields[name], name, depth) for name in names]
        if self.draw(st.integers(0, 5)) == 0:
            written[-1] = f"... on {kind.name} {{ {written[-1]} __typename }}"
        return " ".join(written)


def _is_leaf(field: Any) -> bool:
    return not isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType) and not any(
        isinstance(given.type, GraphQLNonNull) for given in field.args.values()
    )


@st.composite
def documents(draw: Any) -> str:
    return Writer(draw, engine.documents.schema.type_map).document()


def answer(of: StrawberryEngine, query: str, variables: dict[str, Any] | None, columnwise: bool) -> str:
    with override_settings(GRAPHQL_API={"COLUMNWISE": columnwise, "MAX_COST": 10**9, "MAX_FIELDS": 10**6}):
        done = of.execute(GraphQLRequest(query=query, variables=variables), Context(viewer=SYSTEM))
    assert not done.is_request_error, (done.errors, query)
    return re.sub('"errorId": "[0-9a-f]+"', "", json.dumps([done.data, done.errors], default=str))


@pytest.fixture
def known(db: None) -> dict[str, Any]:
    """Rows of every shape, and what the documents name."""
    states = ["SUCCESS", "FAILURE", "STARTED", "PROGRESS", "RETRY", "REVOKED", "PENDING", "no such state"]
    for number, state in enumerate(states):
        TaskResult.objects.create(
            task_id=f"task-{number}",
            status=state,
            task_name=None if number % 3 == 0 else "shop.charge",
            worker=None if number % 2 else "w@one",
            result=["null", '{"a": 1}', "not json", None][number % 4],
            date_started=None if number % 2 else timezone.now() - timedelta(seconds=number),
            traceback="Traceback" if state == "FAILURE" else None,
            group_id="group",
            parent_id=f"task-{number - 1}" if number else None,
            root_id="task-0",
        )
    GroupResult.objects.create(group_id="group", result='[["group", null], [[["task-0", null], null]]]')
    first = engine.execute(
        GraphQLRequest(query='{ taskResult(ref: {taskId: "task-1"}) { id } }'), Context(viewer=SYSTEM)
    )
    assert first.data
    return {"id": first.data["taskResult"]["id"], "taskId": "task-2", "yes": True, "no": False}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=documents())
def test_random_documents_are_answered_by_the_same_bytes(known: dict[str, Any], query: str) -> None:
    assert answer(engine, query, known, True) == answer(engine, query, known, False)


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=documents())
def test_many_random_documents_are_answered_by_the_same_bytes(known: dict[str, Any], query: str) -> None:
    assert answer(engine, query, known, True) == answer(engine, query, known, False)


def test_a_page_of_tasks_is_completed_by_columns(known: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("graphql-core completed the list")

    query = "{ taskResults { edges { cursor node { id taskId state status dateDone runtimeSeconds } } nodes { id } } }"
    monkeypatch.setattr(executor.StrawberryGraphQLCoreExecutionContext, "complete_list_value", never)
    context = Context(viewer=SYSTEM)
    answered = engine.execute(GraphQLRequest(query=query), context).data
    assert answered
    assert len(answered["taskResults"]["edges"]) == TaskResult.objects.count() >= 8
    with override_settings(GRAPHQL_API={"COLUMNWISE": False}):
        assert engine.execute(GraphQLRequest(query=query), context).data is None


def test_a_plan_is_made_once_per_document(known: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    request = GraphQLRequest(query="query Planned { taskResults(first: 4) { nodes { id taskId } } }")
    first = engine.execute(request, Context(viewer=SYSTEM))
    monkeypatch.setattr(executors, "Planner", None)
    assert engine.execute(request, Context(viewer=SYSTEM)) == first


def test_directives_are_heeded_with_every_set_of_variables(known: dict[str, Any]) -> None:
    query = "query ($yes: Boolean!) { taskResults(first: 1) { nodes { taskId status @include(if: $yes) } } }"
    for yes in (True, False, True):
        data = engine.execute(GraphQLRequest(query=query, variables={"yes": yes}), Context(viewer=SYSTEM)).data
        assert ("status" in data["taskResults"]["nodes"][0]) is yes  # type: ignore[index]


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
def odd() -> StrawberryEngine:
    return StrawberryEngine(strawberry.Schema(OddQuery, extensions=[Prepared], execution_context_class=Executor))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=ROWS, container=CONTAINERS, selected=SELECTIONS, root=st.sampled_from(["rows", "perhaps"]))
def test_rows_that_hold_anything_are_answered_by_the_same_bytes(
    odd: StrawberryEngine, rows: list[Any], container: Any, selected: list[str], root: str
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
