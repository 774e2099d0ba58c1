"""The schema's types for strawberry: `Query` and `Mutation` go into a project's own, built by `Schema`."""

from .mutation import Mutation
from .query import Query
from .schema import Schema, config

__all__ = ["Mutation", "Query", "Schema", "config"]
