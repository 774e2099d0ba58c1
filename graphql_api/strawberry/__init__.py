"""The schema's types for strawberry: `Query` and `Mutation` go into a project's own, built with `config()`."""

from .mutation import Mutation
from .query import Query
from .schema import config

__all__ = ["Mutation", "Query", "config"]
