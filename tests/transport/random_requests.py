"""A hypothesis strategy: random requests over the whole schema, and the check that each response must pass."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
TYPES = build_schema((ROOT / "schema.graphql").read_text()).type_map
DOCS = "".join((ROOT / "docs" / name).read_text() for name in ("api.md", "http.md"))
DOCUMENTED_CODES = set(re.findall(r"`([A-Z]{3,}[A-Z_]*)`", DOCS)) - {"INTERNAL"}

TEXTS = ["", "t1", "g", "\0", "\ud800", "%", "\\", "é" * 300, "P1D", "PT-1S", "P99999999999Y", "Europe/Berlin", "UTC"]
IDS = ["VGFza1Jlc3VsdDox", "R3JvdXBSZXN1bHQ6MQ==", "VGFza1Jlc3VsdDo5OTk5OTk5OTk5OTk5OTk5OTk=", "T3BlcmF0aW9uOjE="]
TIMES = ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z"]
NUMBERS = [0, 1, 2, -1, 50, 100, 101, 2**31 - 1, -(2**31), 2**31, 2**63, 2**70, 0.5, -1e308, 1e-320]
WRONG_TYPES: list[Any] = [None, True, [], {}, [[]], {"a": [1]}, "x", 7]
SCALARS = {
    "String": st.sampled_from(TEXTS) | st.text(max_size=20),
    "ID": st.sampled_from([*IDS, *TEXTS]),
    "Int": st.sampled_from(NUMBERS),
    "Float": st.sampled_from(NUMBERS),
    "Boolean": st.booleans(),
    "DateTime": st.sampled_from([*TIMES, *TEXTS]),
    "Duration": st.sampled_from(TEXTS),
    "JSON": st.sampled_from(WRONG_TYPES) | st.text(max_size=20),
}


def check_response(client: Client, payload: dict[str, Any]) -> None:
    """Send a request. The response must not be a failure of the service, and each code must be documented."""
    response = client.post("/graphql/", json.dumps(payload), content_type="application/json")
    assert response.status_code < 500, response.content
    body = json.loads(response.content)
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}
    assert codes <= DOCUMENTED_CODES, (body["errors"], payload)


@st.composite
def random_requests(draw: Callable[..., Any]) -> dict[str, Any]:
    """Draw a query or a dry run of a mutation, with a variable for each argument."""
    return _RequestWriter(draw).request(draw(st.sampled_from(["Query", "Query", "Mutation"])))


class _RequestWriter:
    """Writes one random request. Methods with `depth` nest so many objects at most."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        self.variables: dict[str, tuple[str, Any]] = {}

    def request(self, root_type: str) -> dict[str, Any]:
        root = TYPES[root_type]
        assert isinstance(root, GraphQLObjectType)
        name = self.draw(st.sampled_from(sorted(root.fields)))
        body = self.field(root.fields[name], name, 4)
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self.variables.items())
        query = f"{root_type.lower()} Q{f'({declared})' if declared else ''} {{ {body} }}"
        return {"query": query, "variables": {name: value for name, (_, value) in self.variables.items()}}

    def field(self, field: Any, name: str, depth: int) -> str:
        parts = [
            self.argument(key, argument)
            for key, argument in field.args.items()
            if _is_required(argument) or self.draw(st.integers(0, 2)) == 0
        ]
        arguments = f"({', '.join(parts)})" if parts else ""
        return f"{name}{arguments}{self.selection(get_named_type(field.type), depth - 1)}"

    def argument(self, name: str, argument: Any) -> str:
        value = self.value(argument.type, 4)
        if name == "input":  # of a mutation: no worker would run a task or answer a revoke
            value = {**value, **({"options": {"dryRun": True}} if "select" in value else {"dryRun": True})}
        variable = f"v{len(self.variables)}"
        self.variables[variable] = (str(argument.type), value)
        return f"{name}: ${variable}"

    def value(self, kind: Any, depth: int) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self.value(kind.of_type, depth)
        if isinstance(kind, GraphQLList):
            return [self.value(kind.of_type, depth - 1) for _ in range(self.draw(st.integers(0, 2)))]
        if isinstance(kind, GraphQLInputObjectType):
            return self.input_object(kind, depth)
        if self.draw(st.integers(0, 30)) == 0:
            return self.draw(st.sampled_from(WRONG_TYPES))
        if isinstance(kind, GraphQLEnumType):
            return self.draw(st.sampled_from(sorted(kind.values)))
        return self.draw(SCALARS[kind.name])

    def input_object(self, kind: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        if kind.is_one_of:
            names = [self.draw(st.sampled_from(sorted(kind.fields)))]
        else:
            optional = sorted(name for name, field in kind.fields.items() if depth > 0 and not _is_required(field))
            names = [name for name, field in kind.fields.items() if _is_required(field)]
            names += self.draw(st.lists(st.sampled_from(optional), max_size=3, unique=True)) if optional else []
        return {name: self.value(kind.fields[name].type, depth - 1) for name in names}

    def selection(self, kind: Any, depth: int) -> str:
        if isinstance(kind, GraphQLUnionType):
            return " { __typename ... on UserError { code message path } }"
        if isinstance(kind, GraphQLInterfaceType):
            return f" {{ id ... on TaskResult{self.selection(TYPES['TaskResult'], depth)} }}"
        if not isinstance(kind, GraphQLObjectType):
            return ""
        usable = [name for name, field in kind.fields.items() if depth > 0 or _is_leaf(field)]
        names = self.draw(st.lists(st.sampled_from([*usable, "__typename"]), min_size=1, max_size=5, unique=True))
        fields = [name if name == "__typename" else self.field(kind.fields[name], name, depth) for name in names]
        return f" {{ {' '.join(fields)} }}"


def _is_required(argument_or_field: Any) -> bool:
    return isinstance(argument_or_field.type, GraphQLNonNull)


def _is_leaf(field: Any) -> bool:
    composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
    return not isinstance(get_named_type(field.type), composite)
