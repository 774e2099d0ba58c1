"""Random valid documents for our schema, written by hypothesis."""

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


class Writer:
    """Writes a random valid document for a schema."""

    def __init__(self, draw: Any, kinds: dict[str, Any]) -> None:
        self.draw = draw
        self.kinds = kinds
        self.numbers = itertools.count()
        self.fragments: list[str] = []

    def document(self) -> str:
        names = self.draw(st.lists(st.sampled_from(ROOTS), min_size=1, max_size=2, unique=True))
        body = f"{{ {self.fields('Query', names, 5)} }} {' '.join(self.fragments)}"
        used = ", ".join(f"{name}: {kind}" for name, kind in VARIABLES.items() if name in body)
        return f"query Q({used}) {body}" if used else body

    def fields(self, kind: str, names: list[str], depth: int) -> str:
        return " ".join(self.field(self.kinds[kind].fields[name], name, depth) for name in names)

    def field(self, field: Any, name: str, depth: int) -> str:
        alias = f"a{next(self.numbers)}: " if self.draw(st.integers(0, 9)) == 0 else ""
        arguments = self.draw(st.sampled_from(ARGUMENTS.get(name, [""]) if field.args else [""]))
        directive = self.draw(st.sampled_from(DIRECTIVES))
        return f"{alias}{name}{arguments}{directive}{self.selection(get_named_type(field.type), depth - 1)}"

    def selection(self, kind: Any, depth: int) -> str:
        if isinstance(kind, GraphQLInterfaceType):
            inner = self.selection(self.kinds["TaskResult"], depth)
            return f" {{ id ... on TaskResult {inner} }}"
        return f" {{ {self.object(kind, depth)} }}" if isinstance(kind, GraphQLObjectType) else ""

    def object(self, kind: GraphQLObjectType, depth: int) -> str:
        usable = [name for name, field in kind.fields.items() if _fits(name, field, depth)]
        names = self.draw(st.lists(st.sampled_from([*usable, "__typename"]), min_size=1, max_size=5, unique=True))
        written = [name if name == "__typename" else self.field(kind.fields[name], name, depth) for name in names]
        written[-1] = self.within(kind, written[-1])
        return " ".join(written)

    def within(self, kind: GraphQLObjectType, written: str) -> str:
        """Sometimes in a fragment, with a name or without."""
        way = self.draw(st.integers(0, 7))
        if way == 0:
            return f"... on {kind.name} {{ {written} __typename }}"
        if way == 1:
            name = f"F{next(self.numbers)}"
            self.fragments.append(f"fragment {name} on {kind.name} {{ {written} }}")
            return f"...{name}{self.draw(st.sampled_from(DIRECTIVES))}"
        return written


def _fits(name: str, field: Any, depth: int) -> bool:
    """Whether it can be selected here: objects only where there is room for what they hold."""
    if any(is_required_argument(given) for given in field.args.values()) and name not in ARGUMENTS:
        return False
    return depth > 0 or not isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType)


@st.composite
def documents(draw: Any, kinds: dict[str, Any]) -> str:
    """A document for a schema of these types."""
    return Writer(draw, kinds).document()
