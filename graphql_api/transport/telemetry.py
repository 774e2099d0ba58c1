"""OpenTelemetry: a span per operation, and a histogram of how long they take. Nothing where it is not installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from graphql_api.engine import GraphQLRequest, GraphQLResponse

from .observing import codes, digest, name

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

try:
    from opentelemetry import metrics, trace

    _tracer = trace.get_tracer("graphql_api")
    _durations = metrics.get_meter("graphql_api").create_histogram(
        "graphql.server.operation.duration",
        unit="s",
        description="How long operations take.",
        explicit_bucket_boundaries_advisory=_SECONDS,
    )
except (ImportError, TypeError):  # not installed, or older than 1.31
    trace = metrics = None  # type: ignore[assignment]

Tell = Callable[[GraphQLResponse, float], None]


@contextmanager
def span(operation: GraphQLRequest) -> Iterator[Tell]:
    """Around an operation; what it yields is told the answer and the seconds that it took."""
    with _tracer.start_as_current_span("GraphQL operation") if trace else nullcontext() as current:

        def tell(answer: GraphQLResponse, seconds: float) -> None:
            if trace:
                _describe(current, operation, answer)
                # No name: clients choose it, and each would be a time series of its own.
                _durations.record(seconds, {**_kind(answer), "outcome": outcome(answer)})

        yield tell


def outcome(answer: GraphQLResponse) -> str:
    """One of few words."""
    if "INTERNAL" in codes(answer):
        return "failed"
    if answer.is_request_error:
        return "refused"
    return "errors" if answer.errors else "ok"


def _kind(answer: GraphQLResponse) -> dict[str, str]:
    """Query or mutation; nothing where the operation never ran: no attribute is None."""
    return {"graphql.operation.type": answer.operation_type} if answer.operation_type else {}


def _describe(current: Any, operation: GraphQLRequest, answer: GraphQLResponse) -> None:
    """What the log says, never the variables."""
    called = name(answer)
    given = {**_kind(answer), **({"graphql.operation.name": called} if called else {})}
    if answer.operation_type:
        current.update_name(" ".join(given.values()))
    current.set_attributes({**given, "graphql.document.digest": digest(operation), "graphql.errors": codes(answer)})
    if outcome(answer) == "failed":
        current.set_status(trace.StatusCode.ERROR)
