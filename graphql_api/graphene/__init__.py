"""The schema's types for graphene: `Query` and `Mutation` mix into a project's own, built by `Schema`."""

from .mutation import Mutation
from .query import Query
from .schema import Schema

__all__ = ["Mutation", "Query", "Schema"]
