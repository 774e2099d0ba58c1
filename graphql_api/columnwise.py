"""An executor of graphql-core that completes plain values by `columns` and leaves everything else to graphql-core.

It overrides two methods that graphql-core calls private: where they are gone the overrides are never called, and where
anything about them changed the plan fails, so that the stock way remains. `COLUMNWISE: False` switches it off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, get_argument_values

from django_celery_results.query import budget
from graphql_api.columns import Column, NotPlain, Planner, Reading, Rows, Values, node_of, reading
from graphql_api.conf import settings
from graphql_api.documents import Operation
from graphql_api.engine import Context

Plans = dict[Any, Column | None]


class Columnwise:
    """Mixed into an engine's own executor."""

    schema: Any
    middleware_manager: Any
    context_value: Any
    variable_values: Any
    collect_subfields: Any
    build_resolve_info: Any
    _plans: Plans | None = None
    _failed: frozenset[Any] | set[Any] = frozenset()

    def complete_list_value(self, kind: Any, details: Any, info: Any, path: Any, result: Any, *rest: Any) -> Any:
        done = self._complete(kind, details, result) if type(result) in (list, tuple) else None
        if done is None:
            done = super().complete_list_value(kind, details, info, path, result, *rest)  # type: ignore[misc]
        return done

    def complete_object_value(self, kind: Any, details: Any, info: Any, path: Any, result: Any, *rest: Any) -> Any:
        done = self._complete(kind, details, result) if self._keeps_plans() else None
        if done is None:
            done = super().complete_object_value(kind, details, info, path, result, *rest)  # type: ignore[misc]
        return done

    @staticmethod
    def read(field: GraphQLField) -> Callable[[Any], Any] | None:
        """How the field reads its value off a row; None where it does more."""
        raise NotImplementedError

    @staticmethod
    def asks(field: GraphQLField) -> bool:
        """Whether the field's resolver looks at nothing but the row, its arguments, the context and the document."""
        raise NotImplementedError

    def _complete(self, return_type: Any, details: Any, value: Any) -> Any:
        """The completed value; None where graphql-core has to do it, and to report what is wrong."""
        plans = self._known_plans()
        key = (return_type, *(id(node_of(detail)) for detail in details))
        if key not in plans:
            plans[key] = self._made(return_type, details)
        plan = plans[key]
        if plan is None or key in self._failed:
            return None
        try:
            with budget.discounting_failures():
                return plan((value,), self)[0]
        except Exception:  # noqa: BLE001 - whatever it is
            self._failed = {*self._failed, key}  # once: it would fail again for each of a thousand objects
            return None

    def _made(self, return_type: Any, details: Any) -> Column | None:
        try:
            if not self._is_stock():
                raise NotPlain
            return Planner(self.collect_subfields, self._reading).values(return_type, details, required=True)
        except Exception:  # noqa: BLE001 - of NotPlain, and of whatever a newer graphql-core does otherwise
            return None

    def _reading(self, field: GraphQLField, parent: GraphQLObjectType, details: Any) -> Reading:
        if not field.args and (read := self.read(field)):
            return reading(read)
        if not self.asks(field):
            raise NotPlain
        return _asking(field, parent, [node_of(detail) for detail in details])

    def _is_stock(self) -> bool:
        """Whether nothing that the project added wants to see each field."""
        manager = self.middleware_manager
        incremental = {"defer", "stream"} & {directive.name for directive in self.schema.directives}
        return settings().columnwise and not (manager and manager.middlewares) and not incremental

    def _known_plans(self) -> Plans:
        """The document's plans, which live as long as its nodes; without that, or with directives, one execution's."""
        if self._plans is None:
            operation = self._operation()
            self._plans = operation.memo.setdefault(Columnwise, {}) if operation else {}
        return self._plans

    def _keeps_plans(self) -> bool:
        """A plan for a single object costs more than it saves, unless the next request uses it too."""
        return self._operation() is not None

    def _operation(self) -> Operation | None:
        context = self.context_value
        operation = context.memo.get(Operation) if isinstance(context, Context) else None
        return operation if isinstance(operation, Operation) and not operation.has_directives else None


def _asking(field: GraphQLField, parent: GraphQLObjectType, nodes: list[Any]) -> Reading:
    """Calls the engine's resolver once for all rows: what an engine does around a resolver takes longer than that."""
    resolve: Any = field.resolve

    def ask(rows: Values, run: Any) -> Values:
        info = run.build_resolve_info(field, nodes, parent, None)
        given = get_argument_values(field, nodes[0], run.variable_values)
        answers: Values = resolve(Rows(rows), info, **given)
        return answers

    return ask
