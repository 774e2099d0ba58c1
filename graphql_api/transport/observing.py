"""One line in the log per operation: its name, whose it was, how long it took; never its variables."""

from __future__ import annotations

import hashlib
import logging
import re

from graphql_api.conf import settings
from graphql_api.engine import Context, GraphQLRequest, GraphQLResponse

logger = logging.getLogger("graphql_api.operations")
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*", re.ASCII)
_MAX_NAME = 100


def report(operation: GraphQLRequest, context: Context, answer: GraphQLResponse, seconds: float) -> None:
    """Slow operations as warnings, the others for whoever wants to see them."""
    slow = settings().slow_operation_seconds
    level = logging.WARNING if slow is not None and seconds > slow else logging.INFO
    if logger.isEnabledFor(level):
        logger.log(
            level,
            "%s (document %s) of %s took %.3f s: %s",
            name(answer) or "An operation without a name",
            digest(operation),
            context.viewer.username,
            seconds,
            ", ".join(codes(answer)) or "ok",
        )


def name(answer: GraphQLResponse) -> str | None:
    """The operation's name, as far as a line has room for it; a refused request may have sent any text instead."""
    given = answer.operation_name or ""
    return given[:_MAX_NAME] if _NAME.fullmatch(given) else None


def digest(operation: GraphQLRequest) -> str:
    """A short name of the document."""
    return hashlib.sha256(operation.query.encode(errors="replace")).hexdigest()[:12]


def codes(answer: GraphQLResponse) -> list[str]:
    """The codes of its errors, each once."""
    return sorted({str(error.get("extensions", {}).get("code")) for error in answer.errors})
