"""How long the database may work for one field of an operation."""

from __future__ import annotations

from contextlib import AbstractContextManager

from graphql import OperationType

from django_celery_results.query.time_limit import time_limit
from graphql_api.conf import settings


def limited(kind: OperationType) -> AbstractContextManager[None]:
    """Around an operation that runs: each read of a query is limited. What gives orders is not stopped half way."""
    return time_limit(settings().max_statement_seconds if kind is OperationType.QUERY else None)
