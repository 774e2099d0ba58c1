"""One line in the log per operation: its name, whose it was, how long it took; never its variables."""

from __future__ import annotations

import hashlib
import logging

from graphql_api.conf import settings
from graphql_api.engine import Context, GraphQLRequest, GraphQLResponse

logger = logging.getLogger("graphql_api.operations")


def report(operation: GraphQLRequest, context: Context, answer: GraphQLResponse, seconds: float) -> None:
    """Slow operations as warnings, the others for whoever wants to see them."""
    slow = settings().slow_operation_seconds
    level = logging.WARNING if slow is not None and seconds > slow else logging.INFO
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "%s (document %s) of %s took %.3f s: %s",
            answer.operation_name or "An operation without a name",
            digest(operation),
            context.viewer.username,
            seconds,
            ", ".join(codes(answer)) or "ok",
        )


def digest(operation: GraphQLRequest) -> str:
    """A short name of the document."""
    return hashlib.sha256(operation.query.encode(errors="replace")).hexdigest()[:12]


def codes(answer: GraphQLResponse) -> list[str]:
    """The codes of its errors, each once."""
    return sorted({str(error.get("extensions", {}).get("code")) for error in answer.errors})
