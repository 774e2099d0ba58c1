"""An executor of graphql-core that completes plain lists by `columns` and leaves everything else to graphql-core.

It overrides one method that graphql-core calls private: where that is gone the override is never called, and where
anything about it changed the plan fails, so that the stock way remains. `COLUMNWISE: False` switches it off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLField, GraphQLList

from graphql_api.columns import Column, NotPlain, Planner
from graphql_api.conf import settings
from graphql_api.documents import Operation
from graphql_api.engine import Context

Plans = dict[Any, Column | None]


class Columnwise:
    """Mixed into an engine's own executor."""

    schema: Any
    middleware_manager: Any
    context_value: Any
    collect_subfields: Any
    _plans: Plans | None = None

    def complete_list_value(self, return_type: Any, details: Any, info: Any, path: Any, result: Any, *rest: Any) -> Any:
        if type(result) in (list, tuple) and (plan := self._plan(return_type, details)):
            try:
                return plan((result,))[0]
            except Exception:  # noqa: BLE001, S110 - graphql-core does it again, and reports what is wrong
                pass
        return super().complete_list_value(return_type, details, info, path, result, *rest)  # type: ignore[misc]

    @staticmethod
    def read(field: GraphQLField) -> Callable[[Any], Any]:
        """How the field reads its value off a row."""
        raise NotPlain

    def _plan(self, return_type: GraphQLList[Any], details: Any) -> Column | None:
        plans = self._known_plans()
        key = (return_type, *(id(getattr(detail, "node", detail)) for detail in details))
        if key not in plans:
            plans[key] = self._made(return_type, details)
        return plans[key]

    def _made(self, return_type: GraphQLList[Any], details: Any) -> Column | None:
        try:
            if not self._is_stock():
                raise NotPlain
            return Planner(self.collect_subfields, self.read).values(return_type, details, required=True)
        except Exception:  # noqa: BLE001 - of NotPlain, and of whatever a newer graphql-core does otherwise
            return None

    def _is_stock(self) -> bool:
        """Whether nothing that the project added wants to see each field."""
        manager = self.middleware_manager
        incremental = {"defer", "stream"} & {directive.name for directive in self.schema.directives}
        return settings().columnwise and not (manager and manager.middlewares) and not incremental

    def _known_plans(self) -> Plans:
        """The document's plans, which live as long as its nodes; without that, or with directives, one execution's."""
        if self._plans is None:
            self._plans = self._kept_plans()
        return self._plans

    def _kept_plans(self) -> Plans:
        context = self.context_value
        operation = context.memo.get(Operation) if isinstance(context, Context) else None
        if not isinstance(operation, Operation) or operation.has_directives:
            return {}
        plans: Plans = operation.memo.setdefault(Columnwise, {})
        return plans
