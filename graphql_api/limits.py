"""How much one document may ask for, judged from its text and its syntax tree before anything validates or runs it.

Knows graphql-core only. Fragments are entered once per level, as execution does, and every step draws on one budget:
what a hostile document costs here is bounded by the settings, not by what it would expand to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from graphql_api.conf import Settings, settings

INTROSPECTION = frozenset({"__schema", "__type"})
_INTROSPECTION_LISTS = frozenset({"fields", "interfaces", "possibleTypes", "inputFields"})
_INTROSPECTION_LIST_DEPTH = 3  # as graphql-js limits it: each further one multiplies the answer by the schema's size
_INTROSPECTION_DEPTH = 20
# Validation compares fields of one name in pairs, level by level: quadratic, and never needed in honest documents.
_MAX_MERGES = 5_000


class LimitExceeded(GraphQLError):
    """The document asks for more than the service allows."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})


def too_large(what: str, most: int) -> LimitExceeded:
    return LimitExceeded("QUERY_TOO_LARGE", f"The document has more than {most} {what}. Ask for less, or split it.")


def too_deep(what: str, most: int) -> LimitExceeded:
    return LimitExceeded("QUERY_TOO_DEEP", f"The document nests {what} more than {most} levels deep. Ask in two steps.")


def check_text(text: str) -> None:
    """Before parsing."""
    most = settings().max_document_bytes
    if len(text) > most or len(text.encode(errors="replace")) > most:
        raise too_large("bytes", most)


def check_document(document: DocumentNode) -> int:
    """After parsing, before validation. Returns the number of selections visited."""
    _check_syntax(document)
    return _Shape(document).check()


def check_variables(variables: dict[str, Any]) -> None:
    """Before coercion: how many values, how deep."""
    allowed = settings()
    level: list[Any] = [variables]
    seen = depth = 0
    while level:
        depth += 1
        level = [item for value in level for item in _items(value)]
        seen += len(level)
        if seen > allowed.max_variable_values:
            most = allowed.max_variable_values
            raise LimitExceeded("QUERY_TOO_LARGE", f"The variables hold more than {most} values. Send fewer.")
        if depth > allowed.max_input_depth + 1:
            raise too_deep("the values of variables", allowed.max_input_depth)


def _items(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_syntax(document: DocumentNode) -> None:
    allowed = settings()
    aliases = directives = 0
    for node, input_depth in _nodes(document):
        aliases += isinstance(node, FieldNode) and node.alias is not None
        directives += isinstance(node, DirectiveNode)
        if input_depth > allowed.max_input_depth:
            raise too_deep("argument values", allowed.max_input_depth)
    if aliases > allowed.max_aliases:
        raise too_large("aliases", allowed.max_aliases)
    if directives > allowed.max_directives:
        raise too_large("directives", allowed.max_directives)


def _nodes(document: DocumentNode) -> Iterator[tuple[Node, int]]:
    """Every node, each once, with the number of lists and objects around it."""
    waiting: list[tuple[Node, int]] = [(document, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        inner = depth + isinstance(node, ListValueNode | ObjectValueNode)
        for key in node.keys:
            if key != "loc":
                waiting += [(child, inner) for child in _children(getattr(node, key, None))]


def _children(value: Any) -> list[Node]:
    if isinstance(value, Node):
        return [value]
    return [item for item in value if isinstance(item, Node)] if isinstance(value, list | tuple) else []


class _Shape:
    """Depth and size of what the document's selections expand to, merged by response key as execution merges them."""

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.allowed: Settings = settings()
        self.fragments = {
            found.name.value: found for found in document.definitions if isinstance(found, FragmentDefinitionNode)
        }
        self.visited = self.merges = 0

    def check(self) -> int:
        for definition in self.document.definitions:
            if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
                self._level([definition.selection_set], 1)
        return self.visited

    def _level(self, sets: list[SelectionSetNode], depth: int) -> None:
        if depth > self.allowed.max_depth:
            raise too_deep("fields", self.allowed.max_depth)
        for nodes in self._fields(sets).values():
            self._compare(len(nodes))
            inner = [node.selection_set for node in nodes if node.selection_set]
            if nodes[0].name.value in INTROSPECTION:
                self._introspection(inner, 1, 0)
            elif inner:
                self._level(inner, depth + 1)

    def _introspection(self, sets: list[SelectionSetNode], depth: int, lists: int) -> None:
        if depth > _INTROSPECTION_DEPTH or lists > _INTROSPECTION_LIST_DEPTH:
            raise too_deep("introspection", min(depth, _INTROSPECTION_DEPTH))
        for nodes in self._fields(sets).values():
            self._compare(len(nodes))
            inner = [node.selection_set for node in nodes if node.selection_set]
            if inner:
                self._introspection(inner, depth + 1, lists + (nodes[0].name.value in _INTROSPECTION_LISTS))

    def _compare(self, count: int) -> None:
        self.merges += count * (count - 1) // 2
        if self.merges > _MAX_MERGES:
            raise LimitExceeded("QUERY_TOO_LARGE", "The document selects some fields too often. Select each once.")

    def _fields(self, sets: list[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """The fields of one level by response key; a fragment counts once, however often it is spread there."""
        found: dict[str, list[FieldNode]] = {}
        entered: set[str] = set()
        waiting = list(sets)
        while waiting:
            for selection in waiting.pop().selections:
                self._visit()
                if isinstance(selection, FieldNode):
                    found.setdefault((selection.alias or selection.name).value, []).append(selection)
                elif isinstance(selection, InlineFragmentNode):
                    waiting.append(selection.selection_set)
                elif isinstance(selection, FragmentSpreadNode):
                    waiting += self._enter(selection.name.value, entered)
        return found

    def _enter(self, name: str, entered: set[str]) -> list[SelectionSetNode]:
        if name in entered or name not in self.fragments:
            return []
        entered.add(name)
        return [self.fragments[name].selection_set]

    def _visit(self) -> None:
        self.visited += 1
        if self.visited > self.allowed.max_fields:
            raise too_large("fields, fragments written out", self.allowed.max_fields)
