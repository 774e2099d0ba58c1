"""The scalars as graphene defines them."""

from __future__ import annotations

from typing import Any

import graphene
from graphql import GraphQLScalarType, value_from_ast_untyped

from graphql_api import scalars
from graphql_api.vocabulary import words


class DateTime(graphene.Scalar):
    class Meta:
        description = words("DateTime")

    serialize = staticmethod(scalars.time_out)
    parse_value = staticmethod(scalars.time_in)

    @staticmethod
    def parse_literal(node: Any, variables: Any = None) -> Any:
        return scalars.time_in(value_from_ast_untyped(node, variables))


class Duration(graphene.Scalar):
    class Meta:
        description = words("Duration")

    serialize = staticmethod(scalars.duration_out)
    parse_value = staticmethod(scalars.duration_in)

    @staticmethod
    def parse_literal(node: Any, variables: Any = None) -> Any:
        return scalars.duration_in(value_from_ast_untyped(node, variables))


class JSON(graphene.Scalar):
    class Meta:
        description = words("JSON")

    serialize = staticmethod(GraphQLScalarType.serialize)
    parse_value = staticmethod(scalars.json_in)

    @staticmethod
    def parse_literal(node: Any, variables: Any = None) -> Any:
        return scalars.json_in(value_from_ast_untyped(node, variables))
