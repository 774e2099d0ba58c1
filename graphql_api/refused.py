"""Which error type of the schema a refusal is told by, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django_celery_results.actions.outcome import (
    BulkOutcome,
    ErrorCode,
    ForgetOutcome,
    Refusal,
    RetryOutcome,
    RevokeOutcome,
)
from graphql_api import inputs

Told = tuple[str, dict[str, Any]]
"""The name of a type, and its fields."""

_UNAVAILABLE = (
    ErrorCode.IN_TRANSACTION,
    ErrorCode.APP_NOT_CONFIGURED,
    ErrorCode.CONTROL_UNSUPPORTED,
    ErrorCode.BROKER_UNREACHABLE,
    ErrorCode.WORKERS_UNREACHABLE,
    ErrorCode.TOO_SLOW,
)
_PLAIN: Mapping[ErrorCode, str] = {
    ErrorCode.NOT_FOUND: "NotFoundError",
    ErrorCode.INVALID_INPUT: "InvalidInputError",
    ErrorCode.DUPLICATE_REQUEST: "InvalidInputError",
    ErrorCode.SELECTION_TOO_LARGE: "SelectionError",
    ErrorCode.SELECTION_CHANGED: "SelectionError",
    **dict.fromkeys(_UNAVAILABLE, "UnavailableError"),
}


def is_about_task(refusal: Refusal) -> bool:
    """Whether it is this task that stands in the way, and not the viewer, the input or the service."""
    return refusal.code not in _PLAIN and refusal.code is not ErrorCode.FORBIDDEN


def of_retry(outcome: RetryOutcome) -> list[Told]:
    """What a retry was refused for: one error for all that is against this task."""
    blockers = [refusal for refusal in outcome.refusals if is_about_task(refusal)]
    others = [refusal for refusal in outcome.refusals if not is_about_task(refusal)]
    return _told([*others, *blockers[:1]], "NotRetryableError", task=outcome.original, blockers=blockers)


def of_revoke(outcome: RevokeOutcome) -> list[Told]:
    """What a revoke was refused for."""
    return _told(outcome.refusals, "NotRevocableError", task=outcome.task)


def of_others(outcome: ForgetOutcome | BulkOutcome) -> list[Told]:
    """What an order that is not about a task's state was refused for."""
    refusals = map(_of_many, outcome.refusals) if isinstance(outcome, BulkOutcome) else outcome.refusals
    return _told(refusals, "ForbiddenError", permission=None)  # by the policy, for this task


def _of_many(refusal: Refusal) -> Refusal:
    """Orders for many tasks have the key among their options."""
    return replace(refusal, path=("options", *refusal.path)) if refusal.path == ("idempotency_key",) else refusal


def _told(refusals: Iterable[Refusal], otherwise: str, **about_task: Any) -> list[Told]:
    return [_one(refusal, otherwise, about_task) for refusal in refusals]


def _one(refusal: Refusal, otherwise: str, about_task: dict[str, Any]) -> Told:
    common = {"code": refusal.code, "message": refusal.message, "path": [inputs.camel(name) for name in refusal.path]}
    if refusal.code is ErrorCode.FORBIDDEN:
        return "ForbiddenError", {**common, "permission": refusal.permission}
    known = _PLAIN.get(refusal.code)
    if known == "SelectionError":
        return known, {**common, "matched_count": refusal.matched_count, "limit": refusal.limit}
    return (known, common) if known else (otherwise, {**common, **about_task})
