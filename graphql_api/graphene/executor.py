"""graphene's executor, which completes lists of plain fields column by column."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

from graphene.types.resolver import dict_or_attr_resolver
from graphql import ExecutionContext, GraphQLField  # type: ignore[attr-defined] # of graphql-core 3.2, as graphene needs

from graphql_api.columns import is_for_many
from graphql_api.columnwise import Columnwise

from .fields import Read


class Executor(Columnwise, ExecutionContext):
    """Used for every operation of our schema."""

    @staticmethod
    def read(field: GraphQLField) -> Callable[[Any], Any] | None:
        """A field without a resolver has graphene's, bound to the attribute's name."""
        resolve = field.resolve
        if isinstance(resolve, Read):
            return resolve.read
        if isinstance(resolve, partial) and resolve.func is dict_or_attr_resolver and not resolve.keywords:
            return attrgetter(resolve.args[0])
        return None

    @staticmethod
    def asks(field: GraphQLField) -> bool:
        return is_for_many(field.resolve)
