"""Refusals of mutations as typed errors: every one implements `UserError`, so that new ones break no client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import strawberry

from django_celery_results.actions.outcome import BulkOutcome, ForgetOutcome, Refusal, RetryOutcome, RevokeOutcome

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
    pass


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

_UNAVAILABLE = (
    ErrorCode.IN_TRANSACTION,
    ErrorCode.APP_NOT_CONFIGURED,
    ErrorCode.CONTROL_UNSUPPORTED,
    ErrorCode.BROKER_UNREACHABLE,
    ErrorCode.WORKERS_UNREACHABLE,
)
_PLAIN: dict[ErrorCode, type[UserError]] = {
    ErrorCode.NOT_FOUND: NotFoundError,
    ErrorCode.INVALID_INPUT: InvalidInputError,
    ErrorCode.DUPLICATE_REQUEST: InvalidInputError,
    ErrorCode.SELECTION_TOO_LARGE: SelectionError,
    ErrorCode.SELECTION_CHANGED: SelectionError,
    **dict.fromkeys(_UNAVAILABLE, UnavailableError),
}


def of_retry(outcome: RetryOutcome) -> list[UserError]:
    """What a retry was refused for."""
    blockers: Any = outcome.refusals
    return _errors(
        outcome.refusals, lambda common: NotRetryableError(**common, task=_task(outcome.original), blockers=blockers)
    )


def of_revoke(outcome: RevokeOutcome) -> list[UserError]:
    """What a revoke was refused for."""
    return _errors(outcome.refusals, lambda common: NotRevocableError(**common, task=_task(outcome.task)))


def of_others(outcome: ForgetOutcome | BulkOutcome) -> list[UserError]:
    """What an order that is not about a task's state was refused for."""
    return _errors(outcome.refusals, lambda common: InvalidInputError(**common))


def _errors(refusals: Sequence[Refusal], about_task: Callable[[dict[str, Any]], UserError]) -> list[UserError]:
    return [_error(refusal, about_task) for refusal in refusals]


def _error(refusal: Refusal, about_task: Callable[[dict[str, Any]], UserError]) -> UserError:
    common: dict[str, Any] = {
        "code": refusal.code,
        "message": refusal.message,
        "path": [str(step) for step in refusal.path],
    }
    if refusal.code is ErrorCode.FORBIDDEN:
        return ForbiddenError(**common, permission=refusal.permission)
    known = _PLAIN.get(refusal.code)
    return known(**common) if known else about_task(common)


def _task(row: Any) -> Any:
    """A row where strawberry's constructor wants its own type; its fields only read attributes."""
    return row
