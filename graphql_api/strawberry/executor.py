"""strawberry's executor, which completes lists of plain fields column by column."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from graphql import GraphQLField
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from graphql_api.columns import NotPlain
from graphql_api.columnwise import Columnwise

from .computed import ComputedField


class Executor(Columnwise, StrawberryGraphQLCoreExecutionContext):
    """Used for every operation of our schema."""

    @staticmethod
    def read(field: GraphQLField) -> Callable[[Any], Any]:
        """strawberry itself marks the resolvers of fields that do nothing else."""
        if not getattr(field.resolve, "_is_default", False):
            raise NotPlain
        known = field.extensions.get("strawberry-definition")
        if type(known) is StrawberryField and known.default_resolver is getattr and known.python_name:
            return attrgetter(known.python_name)
        if type(known) is ComputedField:
            return known.read
        raise NotPlain
