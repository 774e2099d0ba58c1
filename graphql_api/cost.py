"""How many rows an operation may ask for: page sizes, multiplied along nested pages, and what counts and values weigh.

Compiled once per document into the few terms that cost anything; a request then only fills in its variables.
What `@skip` or `@include` leave out by a literal costs nothing; by a variable, it costs as if it were asked for.
A field is a page when it takes an argument in `SIZES` or `LISTS`: a convention of the schema, not a list of names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
)

from django_celery_results.conf import settings as store_settings
from django_celery_results.query.stats import MAX_LINES
from graphql_api.conf import settings
from graphql_api.limits import LimitExceeded

SIZES = ("first", "last", "limit", "top")
LISTS = ("ids",)
LENGTH = "maxLength"
CHARACTERS_OF_A_ROW = 20_000
"""A text that may be longer counts as so many rows."""
WEIGHTS = {
    "Query.__schema": 5_000,
    "Query.__type": 500,
    "Query.suggest": 100,
    "Query.registeredTasks": 500,
    "RegisteredTask.stats": 1_000,
    "TaskResultStats.total": 1_000,
    "TaskResultStats.groups": 1_000,
    "TaskResultStats.timeSeries": 1_000,
    "TaskResultTimeBucket.groups": 2_000,
    "RuntimeStats.percentile": 20,
    "SerializedValue.json": 20,
    "SerializedValue.isRedacted": 20,
    "SerializedValue.isTruncated": 1,
    "TaskError.message": 5,
    "TaskError.module": 5,
    "TaskError.traceback": 20,
    "TaskResult.meta": 20,
    "Operation.input": 2,
    **{f"GroupResult.{name}": 50 for name in ("completedCount", "dateDone", "isReady", "isSuccessful", "stateCounts")},
    "TaskResult.chord": 5,
    "GroupResult.chord": 5,
    "Connection.totalCount": 500,
    "Connection.count": 100,
}
"""Fields that cost as much as reading so many rows, though they return few; `Connection` is every connection type.

Values may be a megabyte each, and are written once more under every alias.
"""
SERIES = "TaskResultStats.timeSeries"
IN_SERIES = {"RuntimeStats.percentile": 2_000, "TaskResultBucket.latest": MAX_LINES}
"""The same below a time series, whose buckets no argument counts: so often is there what stands below these, too."""
MUTATION_WEIGHT = 2_000
"""Each may wait for workers; many tasks at once are what the bulk mutations are for."""

ROWS = ("edges", "nodes")
"""Of a connection: what stands below these is there for each row, what stands below its other fields once."""

Variables = dict[str, Any]
Level = list[tuple[Any, SelectionSetNode]]
"""Selections of one object, with its type."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """One field that costs: its own weight, and for each of its rows what stands below it."""

    weight: int
    sizes: tuple[ValueNode, ...]
    default_rows: int
    inner: tuple[Term, ...]
    once: tuple[Term, ...] = ()
    """What it is asked for beside its rows, such as a count."""
    lengths: tuple[ValueNode, ...] = ()
    """How many characters its text may have."""
    times: int = 1
    """How often `inner` counts where the field is no page."""

    def total(self, variables: Variables) -> int:
        below = total(self.inner, variables)
        rows = self.rows(variables)
        of_rows = self.times * below if rows is None else rows + rows * below
        characters = sum(_size(node, variables) or 0 for node in self.lengths)
        return self.weight + characters // CHARACTERS_OF_A_ROW + total(self.once, variables) + of_rows

    def rows(self, variables: Variables) -> int | None:
        """None where the field is no page."""
        if not self.default_rows:
            return None
        given = [size for node in self.sizes if (size := _size(node, variables)) is not None]
        return max(given, default=self.default_rows)


def total(terms: tuple[Term, ...], variables: Variables) -> int:
    return sum(term.total(variables) for term in terms)


def check_cost(terms: tuple[Term, ...], variables: Variables) -> int:
    """The cost of an operation with its variables; raises where it is above the limit."""
    cost, most = total(terms, variables), settings().max_cost
    if cost > most:
        raise LimitExceeded(
            "QUERY_TOO_COSTLY",
            f"This operation costs as much as {cost} rows and {most} is the limit. Ask for smaller or fewer nested "
            "pages, and for large values, counts and percentiles of fewer rows.",
        )
    return cost


def terms_of(
    schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode], operation: OperationDefinitionNode
) -> tuple[Term, ...]:
    """What costs in an operation of a valid document within the limits of `limits.check_document`."""
    return _Compiler(schema, fragments).terms([(schema.get_root_type(operation.operation), operation.selection_set)])


def _size(node: ValueNode, variables: Variables) -> int | None:
    """The number of rows that an argument asks for. Wrong ones are the resolver's to refuse, with a better message."""
    value = variables.get(node.name.value) if isinstance(node, VariableNode) else _literal(node)
    if isinstance(value, list):
        return len(value)
    return max(value, 0) if isinstance(value, int) else None


def _literal(node: ValueNode) -> Any:
    if isinstance(node, ListValueNode):
        return list(node.values)
    return int(node.value) if isinstance(node, IntValueNode) else None


class _Compiler:
    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self.schema = schema
        self.fragments = fragments

    def terms(self, level: Level, *, of_rows: bool | None = None, in_series: bool = False) -> tuple[Term, ...]:
        """Of all fields, or of those only that lead to a connection's rows, or that do not."""
        found: list[Term] = []
        for (parent, _), nodes in self._fields(level).items():
            if of_rows is None or of_rows == (nodes[0].name.value in ROWS):
                found += self._term(parent, nodes, in_series)
        return tuple(found)

    def _weight(self, parent: Any, name: str) -> int:
        if parent is self.schema.mutation_type and not name.startswith("__"):
            return MUTATION_WEIGHT
        kind = str(parent)
        return WEIGHTS.get(f"{'Connection' if kind.endswith('Connection') else kind}.{name}", 0)

    def _term(self, parent: Any, nodes: list[FieldNode], in_series: bool) -> tuple[Term, ...]:
        name = nodes[0].name.value
        path = f"{parent}.{name}"
        times = IN_SERIES.get(path, 0) if in_series else 0
        weight = times or self._weight(parent, name)
        field = getattr(parent, "fields", {}).get(name)
        if field is None:  # __typename and introspection, which hold no rows
            return (Term(weight=weight, sizes=(), default_rows=0, inner=()),) if weight else ()
        kind = get_named_type(field.type)
        level = [(kind, node.selection_set) for node in nodes if node.selection_set]
        rows = _default_rows(field)
        in_series = in_series or path == SERIES
        lengths = _given(nodes[0], (LENGTH,))
        if not weight and not rows and not lengths:
            return self.terms(level, in_series=in_series)
        splits = _is_connection(kind)
        return (
            Term(
                weight=weight,
                sizes=_given(nodes[0], SIZES + LISTS),
                lengths=lengths,
                default_rows=rows,
                inner=self.terms(level, of_rows=True if splits else None, in_series=in_series),
                once=self.terms(level, of_rows=False) if splits else (),
                times=times or 1,
            ),
        )

    def _fields(self, level: Level) -> dict[tuple[Any, str], list[FieldNode]]:
        """Fields by type and response key, each fragment once per level."""
        found: dict[tuple[Any, str], list[FieldNode]] = {}
        entered: set[str] = set()
        waiting = list(level)
        while waiting:
            parent, selections = waiting.pop()
            for node in filter(_may_run, selections.selections):
                if isinstance(node, FieldNode):
                    found.setdefault((parent, (node.alias or node.name).value), []).append(node)
                elif isinstance(node, InlineFragmentNode):
                    waiting.append((self._narrowed(parent, node), node.selection_set))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in entered:
                    entered.add(node.name.value)
                    fragment = self.fragments[node.name.value]
                    waiting.append((self._narrowed(parent, fragment), fragment.selection_set))
        return found

    def _narrowed(self, parent: Any, node: InlineFragmentNode | FragmentDefinitionNode) -> Any:
        condition = node.type_condition
        return self.schema.get_type(condition.name.value) if condition else parent


def _may_run(node: SelectionNode) -> bool:
    """Not where a literal leaves it out; where a variable may, it counts as if it did not."""
    return not any(
        isinstance(given.value, BooleanValueNode) and given.value.value is (directive.name.value == "skip")
        for directive in node.directives or ()
        if directive.name.value in ("skip", "include")
        for given in directive.arguments or ()
    )


def _is_connection(kind: Any) -> bool:
    return "pageInfo" in getattr(kind, "fields", {})


def _given(node: FieldNode, names: tuple[str, ...]) -> tuple[ValueNode, ...]:
    return tuple(given.value for given in node.arguments or () if given.name.value in names)


def _default_rows(field: GraphQLField) -> int:
    """Rows of a page whose size the client does not give; 0 where the field is no page."""
    names = [name for name in SIZES + LISTS if name in field.args]
    if not names:
        return 0
    defaults = [
        value for name in names if (value := field.args[name].default_value) is not Undefined and isinstance(value, int)
    ]
    return max(defaults, default=store_settings().page_size)
