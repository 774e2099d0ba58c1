"""The engine that answers by the strawberry schema."""

from __future__ import annotations

from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from graphql_api.running import CoreEngine

from .executor import Executor
from .schema import graphql_core, schema

engine = CoreEngine(graphql_core(schema), Executor, (MaybeNullValidationRule,))
