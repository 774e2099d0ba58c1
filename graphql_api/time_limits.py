"""What an operation may take: how long in all, how long for one read, and how many bytes of values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from graphql import OperationType

from django_celery_results.query import budget
from django_celery_results.query.time_limit import reads_limited
from graphql_api.conf import settings


@contextmanager
def limited(kind: OperationType) -> Iterator[budget.Budget]:
    """Around an operation that runs: each read of a query is limited. What gives orders is not stopped half way."""
    allowed = settings()
    spent = budget.Budget(
        seconds=allowed.max_operation_seconds,
        statement_seconds=allowed.max_statement_seconds,
        response_bytes=allowed.max_response_bytes,
    )
    with budget.spending(spent), reads_limited() if kind is OperationType.QUERY else nullcontext():
        yield spent
