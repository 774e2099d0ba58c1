"""The canonical text of a schema, and its hash."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from graphql import GraphQLSchema, lexicographic_sort_schema, print_schema


@lru_cache(maxsize=8)
def printed(schema: GraphQLSchema) -> str:
    """Sorted, so that two engines and two versions of an engine print the same."""
    return print_schema(lexicographic_sort_schema(schema)) + "\n"


def digest(schema: GraphQLSchema) -> str:
    """Changes whenever the schema does."""
    return hashlib.sha256(printed(schema).encode()).hexdigest()
