"""Refusals of mutations as typed errors: every one implements `UserError`, so that new ones break no client."""

from __future__ import annotations

from typing import Annotated

import strawberry

from django_celery_results.actions.outcome import BulkOutcome, ForgetOutcome, RetryOutcome, RevokeOutcome
from graphql_api import refused

from .descriptions import described, union
from .enums import ErrorCode
from .types import TaskResult
from .value_types import ActionBlocker


@described
@strawberry.interface
class UserError:
    code: ErrorCode
    message: str
    path: list[str]


@described
@strawberry.type
class NotFoundError(UserError):
    pass


@described
@strawberry.type
class ForbiddenError(UserError):
    permission: str | None


@described
@strawberry.type
class InvalidInputError(UserError):
    pass


@described
@strawberry.type
class UnavailableError(UserError):
    pass


@described
@strawberry.type
class SelectionError(UserError):
    matched_count: int | None
    limit: int | None


@described
@strawberry.type
class NotRetryableError(UserError):
    task: TaskResult
    blockers: list[ActionBlocker]


@described
@strawberry.type
class NotRevocableError(UserError):
    task: TaskResult | None


RetryTaskError = Annotated[
    NotFoundError | ForbiddenError | InvalidInputError | NotRetryableError | UnavailableError,
    union("RetryTaskError"),
]
DeleteError = Annotated[
    NotFoundError | ForbiddenError | InvalidInputError | UnavailableError,
    union("DeleteError"),
]
BulkError = Annotated[
    ForbiddenError | InvalidInputError | SelectionError | UnavailableError,
    union("BulkError"),
]
RevokeTaskError = Annotated[
    NotFoundError | ForbiddenError | InvalidInputError | NotRevocableError | UnavailableError,
    union("RevokeTaskError"),
]

_TYPES: dict[str, type[UserError]] = {
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


def of_retry(outcome: RetryOutcome) -> list[UserError]:
    """What a retry was refused for."""
    return _made(refused.of_retry(outcome))


def of_revoke(outcome: RevokeOutcome) -> list[UserError]:
    """What a revoke was refused for."""
    return _made(refused.of_revoke(outcome))


def of_others(outcome: ForgetOutcome | BulkOutcome) -> list[UserError]:
    """What an order that is not about a task's state was refused for."""
    return _made(refused.of_others(outcome))


def _made(told: list[refused.Told]) -> list[UserError]:
    return [_TYPES[name](**said) for name, said in told]
