"""Whatever is asked, and whatever is given: an answer, or an error with a code that the documentation explains."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import create_group, create_task

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
KINDS = build_schema((ROOT / "schema.graphql").read_text()).type_map
DOCS = "".join((ROOT / "docs" / name).read_text() for name in ("api.md", "http.md"))
KNOWN = set(re.findall(r"`([A-Z]{3,}[A-Z_]*)`", DOCS)) - {"INTERNAL"}

TEXTS = ["", "t1", "g", "\0", "\ud800", "%", "\\", "é" * 300, "P1D", "PT-1S", "P99999999999Y", "Europe/Berlin", "UTC"]
IDS = ["VGFza1Jlc3VsdDox", "R3JvdXBSZXN1bHQ6MQ==", "VGFza1Jlc3VsdDo5OTk5OTk5OTk5OTk5OTk5OTk=", "T3BlcmF0aW9uOjE="]
MOMENTS = ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z"]
NUMBERS = [0, 1, 2, -1, 50, 100, 101, 2**31 - 1, -(2**31), 2**31, 2**63, 2**70, 0.5, -1e308, 1e-320]
ODD: list[Any] = [None, True, [], {}, [[]], {"a": [1]}, "x", 7]
LEAVES = {
    "String": st.sampled_from(TEXTS) | st.text(max_size=20),
    "ID": st.sampled_from([*IDS, *TEXTS]),
    "Int": st.sampled_from(NUMBERS),
    "Float": st.sampled_from(NUMBERS),
    "Boolean": st.booleans(),
    "DateTime": st.sampled_from([*MOMENTS, *TEXTS]),
    "Duration": st.sampled_from(TEXTS),
    "JSON": st.sampled_from(ODD) | st.text(max_size=20),
}


class Asker:
    """Draws one operation over the whole schema, with a value for every argument that it gives."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        self.variables: dict[str, tuple[str, Any]] = {}

    def operation(self, kind: str) -> dict[str, Any]:
        name = self.draw(st.sampled_from(sorted(self.fields(kind))))
        body = self.field(self.fields(kind)[name], name, 4)
        declared = ", ".join(f"${name}: {of}" for name, (of, _) in self.variables.items())
        query = f"{kind.lower()} Q{f'({declared})' if declared else ''} {{ {body} }}"
        return {"query": query, "variables": {name: value for name, (_, value) in self.variables.items()}}

    def field(self, field: Any, name: str, depth: int) -> str:
        given = [self.argument(key, known) for key, known in field.args.items() if self.gives(known.type)]
        arguments = f"({', '.join(given)})" if given else ""
        return f"{name}{arguments}{self.selection(get_named_type(field.type), depth - 1)}"

    def argument(self, name: str, known: Any) -> str:
        value = self.value(known.type, 4)
        if name == "input":  # no worker is there to do it, and none would answer
            value = {**value, **({"options": {"dryRun": True}} if "select" in value else {"dryRun": True})}
        variable = f"v{len(self.variables)}"
        self.variables[variable] = (str(known.type), value)
        return f"{name}: ${variable}"

    def gives(self, kind: Any) -> bool:
        return isinstance(kind, GraphQLNonNull) or self.draw(st.integers(0, 2)) == 0

    def value(self, kind: Any, depth: int) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self.value(kind.of_type, depth)
        if isinstance(kind, GraphQLList):
            return [self.value(kind.of_type, depth - 1) for _ in range(self.draw(st.integers(0, 2)))]
        if isinstance(kind, GraphQLInputObjectType):
            return self.object(kind, depth)
        if self.draw(st.integers(0, 30)) == 0:
            return self.draw(st.sampled_from(ODD))
        if isinstance(kind, GraphQLEnumType):
            return self.draw(st.sampled_from(sorted(kind.values)))
        return self.draw(LEAVES[kind.name])

    def object(self, kind: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        if kind.is_one_of:
            names = [self.draw(st.sampled_from(sorted(kind.fields)))]
        else:
            optional = sorted(name for name, known in kind.fields.items() if depth > 0 and not is_required(known))
            names = [name for name, known in kind.fields.items() if is_required(known)]
            names += self.draw(st.lists(st.sampled_from(optional), max_size=3, unique=True)) if optional else []
        return {name: self.value(kind.fields[name].type, depth - 1) for name in names}

    def selection(self, kind: Any, depth: int) -> str:
        if isinstance(kind, GraphQLUnionType):
            return " { __typename ... on UserError { code message path } }"
        if isinstance(kind, GraphQLInterfaceType):
            return f" {{ id ... on TaskResult{self.selection(KINDS['TaskResult'], depth)} }}"
        if not isinstance(kind, GraphQLObjectType):
            return ""
        leaves = [name for name, field in kind.fields.items() if depth > 0 or is_leaf(field)]
        names = self.draw(st.lists(st.sampled_from([*leaves, "__typename"]), min_size=1, max_size=5, unique=True))
        written = [name if name == "__typename" else self.field(kind.fields[name], name, depth) for name in names]
        return f" {{ {' '.join(written)} }}"

    @staticmethod
    def fields(kind: str) -> dict[str, Any]:
        found = KINDS[kind]
        assert isinstance(found, GraphQLObjectType)
        return dict(found.fields)


def is_required(known: Any) -> bool:
    return isinstance(known.type, GraphQLNonNull)


def is_leaf(field: Any) -> bool:
    composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
    return not isinstance(get_named_type(field.type), composite)


@st.composite
def operations(draw: Callable[..., Any]) -> dict[str, Any]:
    return Asker(draw).operation(draw(st.sampled_from(["Query", "Query", "Mutation"])))


@pytest.fixture
def rows(db: None) -> None:
    """Some of every shape."""
    error = '{"exc_type": "ValueError", "exc_message": ["no"]}'
    create_task("t1", status="FAILURE", result=error, traceback="Traceback", group_id="g", task_name="t1")
    create_task("t2", status="PROGRESS", result='{"current": 1}', parent_id="t1", root_id="t1", group_id="g")
    create_task("", result="\x01", content_type="application/x-python-serialize", content_encoding="binary")
    create_group("g", ["t1", "t2"])


def check(client: Client, operation: dict[str, Any]) -> None:
    answer = client.post("/graphql/", json.dumps(operation), content_type="application/json")
    assert answer.status_code < 500, answer.content
    found = json.loads(answer.content)
    codes = {error["extensions"]["code"] for error in found.get("errors", ())}
    assert codes <= KNOWN, (found["errors"], operation)


@pytest.mark.usefixtures("rows")
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(operation=operations())
def test_random_operations_meet_no_fault_of_ours(admin_client: Client, operation: dict[str, Any]) -> None:
    check(admin_client, operation)


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("rows")
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(operation=operations())
def test_many_random_operations_meet_no_fault_of_ours(admin_client: Client, operation: dict[str, Any]) -> None:
    check(admin_client, operation)


@pytest.mark.parametrize("task_id", ["\0", ""])
@pytest.mark.parametrize("order", ["retryTask", "revokeTask", "deleteTaskResult"])
def test_an_id_that_no_database_holds_is_not_found(admin_client: Client, order: str, task_id: str) -> None:
    kind = order[0].upper() + order[1:] + "Input"
    query = f"mutation Q($input: {kind}!) {{ {order}(input: $input) {{ errors {{ ... on UserError {{ code }} }} }} }}"
    operation = {"query": query, "variables": {"input": {"task": {"taskId": task_id}, "dryRun": True}}}
    answer = admin_client.post("/graphql/", json.dumps(operation), content_type="application/json").content
    assert json.loads(answer)["data"][order]["errors"] == [{"code": "NOT_FOUND"}]
