"""The engine that answers by the graphene schema."""

from __future__ import annotations

from graphql_api.running import CoreEngine

from .executor import Executor
from .schema import graphql_core, schema

engine = CoreEngine(graphql_core(schema), Executor)
