"""A hypothesis strategy: random valid queries for the schema."""

from __future__ import annotations

import itertools
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_required_argument
from hypothesis import strategies as st

ROOTS = ("taskResults", "groupResults", "node", "nodes", "taskResult", "taskResultStats")
ARGUMENTS = {
    "taskResults": ["", "(first: 3)", "(last: 2)", "(filter: {state: {eq: FAILURE}})", "(first: $few)"],
    "groupResults": ["", "(first: 1)"],
    "tasks": [
        "",
        "(first: 2)",
        "(first: $few)",
        "(last: 1)",
        "(first: 2, orderBy: {field: DATE_DONE, direction: ASC})",
    ],
    "children": ["(first: 1)", "(first: $few)", "(first: -1)"],
    "retriedAs": ["(first: 1)"],
    "node": ["(id: $id)"],
    "nodes": ["(ids: [$id, $id])"],
    "taskResult": ["(ref: {taskId: $taskId})"],
    "text": ["", "(maxLength: 3)", "(maxLength: $few)"],
    "json": ["", '(path: ["a"])'],
    "count": ["", "(max: 2)", "(max: 0)"],
    "workflow": ["", "(limit: 2)"],
    "groups": ["(by: [STATUS])"],
}
VARIABLES = {"$id": "ID!", "$taskId": "String!", "$few": "Int!", "$yes": "Boolean!", "$no": "Boolean!"}
DIRECTIVES = [""] * 12 + [" @include(if: $yes)", " @skip(if: $yes)", " @skip(if: $no)"]


class _DocumentWriter:
    """Writes one random document. Each method returns the text of one part of it, `depth` objects deep at most."""

    def __init__(self, draw: Any, types: dict[str, Any]) -> None:
        self.draw = draw
        self.types = types
        self.numbers = itertools.count()
        self.fragments: list[str] = []

    def document(self) -> str:
        names = self.draw(st.lists(st.sampled_from(ROOTS), min_size=1, max_size=2, unique=True))
        body = f"{{ {self.fields('Query', names, 5)} }} {' '.join(self.fragments)}"
        declared = ", ".join(f"{name}: {kind}" for name, kind in VARIABLES.items() if name in body)
        return f"query Q({declared}) {body}" if declared else body

    def fields(self, type_name: str, names: list[str], depth: int) -> str:
        return " ".join(self.field(self.types[type_name].fields[name], name, depth) for name in names)

    def field(self, field: Any, name: str, depth: int) -> str:
        alias = f"a{next(self.numbers)}: " if self.draw(st.integers(0, 9)) == 0 else ""
        arguments = self.draw(st.sampled_from(ARGUMENTS.get(name, [""]) if field.args else [""]))
        directive = self.draw(st.sampled_from(DIRECTIVES))
        return f"{alias}{name}{arguments}{directive}{self.selection(get_named_type(field.type), depth - 1)}"

    def selection(self, kind: Any, depth: int) -> str:
        if isinstance(kind, GraphQLInterfaceType):
            inner = self.selection(self.types["TaskResult"], depth)
            return f" {{ id ... on TaskResult {inner} }}"
        return f" {{ {self.object(kind, depth)} }}" if isinstance(kind, GraphQLObjectType) else ""

    def object(self, kind: GraphQLObjectType, depth: int) -> str:
        usable = [name for name, field in kind.fields.items() if _can_select(name, field, depth)]
        names = self.draw(st.lists(st.sampled_from([*usable, "__typename"]), min_size=1, max_size=5, unique=True))
        parts = [name if name == "__typename" else self.field(kind.fields[name], name, depth) for name in names]
        parts[-1] = self.maybe_in_fragment(kind, parts[-1])
        return " ".join(parts)

    def maybe_in_fragment(self, kind: GraphQLObjectType, fields: str) -> str:
        """Put some selections into a fragment, inline or named."""
        way = self.draw(st.integers(0, 7))
        if way == 0:
            return f"... on {kind.name} {{ {fields} __typename }}"
        if way == 1:
            name = f"F{next(self.numbers)}"
            self.fragments.append(f"fragment {name} on {kind.name} {{ {fields} }}")
            return f"...{name}{self.draw(st.sampled_from(DIRECTIVES))}"
        return fields


def _can_select(name: str, field: Any, depth: int) -> bool:
    """Return whether a field can be selected here: objects only where deeper fields are left."""
    if any(is_required_argument(argument) for argument in field.args.values()) and name not in ARGUMENTS:
        return False
    return depth > 0 or not isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType)


@st.composite
def random_documents(draw: Any, types: dict[str, Any]) -> str:
    """Draw a valid query for the schema with these types."""
    return _DocumentWriter(draw, types).document()
