"""Refusals of mutations as typed errors: every one implements `UserError`, so that new ones break no client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphene import Field, Int, String

from graphql_api import refused

from .descriptions import Interface, ObjectType, Union
from .enums import ErrorCode
from .fields import computed, listed, many
from .types import TaskResult
from .value_types import ActionBlocker


class UserError(Interface):
    code = ErrorCode(required=True)
    message = String(required=True)
    path = many(String)


class NotFoundError(ObjectType):
    class Meta:
        interfaces = (UserError,)


class ForbiddenError(ObjectType):
    class Meta:
        interfaces = (UserError,)

    permission = String()


class InvalidInputError(ObjectType):
    class Meta:
        interfaces = (UserError,)


class UnavailableError(ObjectType):
    class Meta:
        interfaces = (UserError,)


class SelectionError(ObjectType):
    class Meta:
        interfaces = (UserError,)

    matched_count = Int()
    limit = Int()


class NotRetryableError(ObjectType):
    class Meta:
        interfaces = (UserError,)

    task = Field(TaskResult, required=True)
    blockers = many(ActionBlocker)


class NotRevocableError(ObjectType):
    class Meta:
        interfaces = (UserError,)

    task = Field(TaskResult)


class RetryTaskError(Union):
    class Meta:
        types = (NotFoundError, ForbiddenError, InvalidInputError, NotRetryableError, UnavailableError)


class DeleteError(Union):
    class Meta:
        types = (NotFoundError, ForbiddenError, InvalidInputError, UnavailableError)


class BulkError(Union):
    class Meta:
        types = (ForbiddenError, InvalidInputError, SelectionError, UnavailableError)


class RevokeTaskError(Union):
    class Meta:
        types = (NotFoundError, ForbiddenError, InvalidInputError, NotRevocableError, UnavailableError)


_TYPES: dict[str, Any] = {
    known.__name__: known
    for known in (
        NotFoundError,
        ForbiddenError,
        InvalidInputError,
        UnavailableError,
        SelectionError,
        NotRetryableError,
        NotRevocableError,
    )
}


def errors(kind: Any, tell: Callable[[Any], list[refused.Told]]) -> Any:
    """A payload's field with what its order was refused for."""
    return computed(listed(kind), lambda outcome: [_TYPES[name](**said) for name, said in tell(outcome)])
