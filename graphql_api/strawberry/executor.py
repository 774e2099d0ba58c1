"""strawberry's executor, which completes lists of plain fields column by column."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from graphql import GraphQLField
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from graphql_api.columns import is_for_many
from graphql_api.columnwise import Columnwise

from .computed import ComputedField


class Executor(Columnwise, StrawberryGraphQLCoreExecutionContext):
    """Used for every operation of our schema."""

    @staticmethod
    def read(field: GraphQLField) -> Callable[[Any], Any] | None:
        """strawberry itself marks the resolvers of fields that do nothing else."""
        if not getattr(field.resolve, "_is_default", False):
            return None
        known = field.extensions.get("strawberry-definition")
        if type(known) is StrawberryField and known.default_resolver is getattr and known.python_name:
            return attrgetter(known.python_name)
        return known.read if type(known) is ComputedField else None

    @staticmethod
    def asks(field: GraphQLField) -> bool:
        """strawberry's own resolver is called, so its handlers are heeded; extensions may want more than that."""
        known = field.extensions.get("strawberry-definition")
        if not isinstance(known, StrawberryField) or known.base_resolver is None or known.extensions:
            return False
        return is_for_many(known.base_resolver.wrapped_func)
