"""Errors as clients see them: a stable code each, never a traceback, SQL or a name of ours.

What was refused on purpose says why. What was not foreseen says nothing but an id, under which the log tells all.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.db import DatabaseError
from graphql import GraphQLError

from django_celery_results.conf import settings as store_settings
from django_celery_results.exceptions import Forbidden, InvalidInput, QueryError, QueryTooSlow
from django_celery_results.outages import sqlstate_of
from django_celery_results.query.time_limit import ran_out

logger = logging.getLogger("graphql_api.errors")

_MESSAGE_END = 200
"""Characters of a message's beginning and end that are kept where an engine quotes a large value in between."""

_BAD_REGEX = "The database cannot read this regular expression: write it in its dialect, or use contains."
_POSTGRESQL_REGEX = "2201B"
_MARIADB_REGEX = 1139
_SQLITE_REGEX = "user-defined function raised exception"
"""Django's own function for regular expressions is the only one of ours that does."""

BAD_USER_INPUT = "BAD_USER_INPUT"
INTERNAL = "INTERNAL"


def formatted(error: GraphQLError) -> dict[str, Any]:
    """One entry of a response's `errors`."""
    extensions = {**(error.extensions or {}), **_extensions(error)}
    presented = {**error.formatted, "message": _message(error), "extensions": extensions}
    return _unforeseen(error, presented) if extensions["code"] == INTERNAL else presented


def _unforeseen(error: GraphQLError, presented: dict[str, Any]) -> dict[str, Any]:
    error_id = uuid.uuid4().hex
    logger.error("error %s at %s", error_id, error.path, exc_info=error.original_error or error)
    message = "Something went wrong on our side. Tell the operator the errorId."
    return {**presented, "message": message, "extensions": {"code": INTERNAL, "errorId": error_id}}


def _message(error: GraphQLError) -> str:
    original = _cause(error)
    message = original.message if isinstance(original, QueryError) else error.message
    if original is not None and not isinstance(original, QueryError):
        message = message.replace(str(original) or message, "it cannot be read")  # Python's own words about a literal
    is_long = len(message) > 2 * _MESSAGE_END
    return f"{message[:_MESSAGE_END]}…{message[-_MESSAGE_END:]}" if is_long else message


def _extensions(error: GraphQLError) -> dict[str, Any]:
    original = _cause(error)
    if isinstance(original, Forbidden):
        return {"code": original.code, "permission": original.permission}
    if isinstance(original, QueryError):
        return {"code": original.code}
    if "code" in (error.extensions or {}):
        return {}
    return {"code": BAD_USER_INPUT if original is None else INTERNAL}


def _cause(error: GraphQLError) -> BaseException | None:
    """Return what a resolver raised; None where the engine itself refused a document or a value."""
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if ran_out(cause):
        return QueryTooSlow()
    return InvalidInput(_BAD_REGEX) if store_settings().allow_regex and _refuses_regex(cause) else cause


def _refuses_regex(error: BaseException | None) -> bool:
    """Return whether a database could not read a regular expression: each has a dialect of its own."""
    if not isinstance(error, DatabaseError):
        return False
    return sqlstate_of(error) == _POSTGRESQL_REGEX or error.args[:1] in ((_MARIADB_REGEX,), (_SQLITE_REGEX,))
