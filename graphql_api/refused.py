"""Which error type of the schema a refusal is told by, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django_celery_results.actions.outcome import (
    BulkOutcome,
    ErrorCode,
    ForgetOutcome,
    Refusal,
    RetryOutcome,
    RevokeOutcome,
)

Told = tuple[str, dict[str, Any]]
"""The name of a type, and its fields."""

_UNAVAILABLE = (
    ErrorCode.IN_TRANSACTION,
    ErrorCode.APP_NOT_CONFIGURED,
    ErrorCode.CONTROL_UNSUPPORTED,
    ErrorCode.BROKER_UNREACHABLE,
    ErrorCode.WORKERS_UNREACHABLE,
)
_PLAIN: Mapping[ErrorCode, str] = {
    ErrorCode.NOT_FOUND: "NotFoundError",
    ErrorCode.INVALID_INPUT: "InvalidInputError",
    ErrorCode.DUPLICATE_REQUEST: "InvalidInputError",
    ErrorCode.SELECTION_TOO_LARGE: "SelectionError",
    ErrorCode.SELECTION_CHANGED: "SelectionError",
    **dict.fromkeys(_UNAVAILABLE, "UnavailableError"),
}


def of_retry(outcome: RetryOutcome) -> list[Told]:
    """What a retry was refused for."""
    return _told(outcome.refusals, "NotRetryableError", task=outcome.original, blockers=outcome.refusals)


def of_revoke(outcome: RevokeOutcome) -> list[Told]:
    """What a revoke was refused for."""
    return _told(outcome.refusals, "NotRevocableError", task=outcome.task)


def of_others(outcome: ForgetOutcome | BulkOutcome) -> list[Told]:
    """What an order that is not about a task's state was refused for."""
    return _told(outcome.refusals, "InvalidInputError")


def _told(refusals: Iterable[Refusal], otherwise: str, **about_task: Any) -> list[Told]:
    return [_one(refusal, otherwise, about_task) for refusal in refusals]


def _one(refusal: Refusal, otherwise: str, about_task: dict[str, Any]) -> Told:
    common = {"code": refusal.code, "message": refusal.message, "path": [str(step) for step in refusal.path]}
    if refusal.code is ErrorCode.FORBIDDEN:
        return "ForbiddenError", {**common, "permission": refusal.permission}
    known = _PLAIN.get(refusal.code)
    return (known, common) if known else (otherwise, {**common, **about_task})
