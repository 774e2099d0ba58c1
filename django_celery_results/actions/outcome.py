"""What an action answers: an outcome per task, in which a refusal is data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from django_celery_results.models import Operation, TaskResult


class ErrorCode(StrEnum):
    """Why an action was refused. Stable: clients compare these."""

    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    INVALID_INPUT = "INVALID_INPUT"
    TASK_NOT_REGISTERED = "TASK_NOT_REGISTERED"
    TASK_NOT_ALLOWED = "TASK_NOT_ALLOWED"
    ARGUMENTS_UNAVAILABLE = "ARGUMENTS_UNAVAILABLE"
    ALREADY_FINISHED = "ALREADY_FINISHED"
    NOT_FINISHED = "NOT_FINISHED"
    ALREADY_RETRIED = "ALREADY_RETRIED"
    CANNOT_CONTINUE = "CANNOT_CONTINUE"
    IN_TRANSACTION = "IN_TRANSACTION"
    APP_NOT_CONFIGURED = "APP_NOT_CONFIGURED"
    CONTROL_UNSUPPORTED = "CONTROL_UNSUPPORTED"
    DUPLICATE_REQUEST = "DUPLICATE_REQUEST"
    SELECTION_TOO_LARGE = "SELECTION_TOO_LARGE"
    SELECTION_CHANGED = "SELECTION_CHANGED"
    BROKER_UNREACHABLE = "BROKER_UNREACHABLE"
    WORKERS_UNREACHABLE = "WORKERS_UNREACHABLE"
    TOO_SLOW = "TOO_SLOW"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why something was not done, in words that say what to do."""

    code: ErrorCode
    message: str
    path: tuple[str, ...] = ()
    """Path into the input, where one field is to blame."""
    permission: str | None = None
    """With FORBIDDEN: the permission that is missing."""
    matched_count: int | None = None
    """With SELECTION_CHANGED and SELECTION_TOO_LARGE: how many tasks are selected."""
    limit: int | None = None
    """With SELECTION_TOO_LARGE: how many may be."""


class Refused(Exception):
    """Carries a refusal out of an action's steps; actions turn it into an outcome."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.message)


def refuse(
    code: ErrorCode,
    message: str,
    *,
    path: tuple[str, ...] = (),
    permission: str | None = None,
    matched_count: int | None = None,
    limit: int | None = None,
) -> NoReturn:
    """End an action here."""
    raise Refused(
        Refusal(code=code, message=message, path=path, permission=permission, matched_count=matched_count, limit=limit)
    )


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a retry would send, secrets redacted, as plain JSON values."""

    task_name: str
    keeps_id: bool
    """Whether the task keeps its own id, so that its group or chord heals."""
    args: Any
    """None where the viewer may not see payloads; so is `kwargs`."""
    kwargs: Any
    queue: str | None
    exchange: str | None = None
    routing_key: str | None = None
    priority: int | None = None
    headers: Any = None
    """None where the viewer may not see payloads."""
    serializer: str | None = None
    compression: str | None = None
    eta: str | None = None
    expires: str | None = None
    is_redacted: bool = False


@dataclass(frozen=True, kw_only=True)
class RetryOutcome:
    """One retry: sent, previewed or refused."""

    original: TaskResult | None = None
    task_id: str | None = None
    """The id that now runs; its row exists."""
    new_task: TaskResult | None = None
    preview: Preview | None = None
    refusals: tuple[Refusal, ...] = ()
    operation: Operation | None = None


@dataclass(frozen=True, kw_only=True)
class WorkerReply:
    """What one worker said to a revoke."""

    worker: str
    acknowledged: bool
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class RevokeOutcome:
    """One revoke: which workers were asked, what they said, and the row afterwards."""

    task: TaskResult | None = None
    task_id: str | None = None
    is_supported: bool = True
    """False where the broker carries no remote control."""
    workers: tuple[WorkerReply, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    operation: Operation | None = None


@dataclass(frozen=True, kw_only=True)
class ForgetOutcome:
    """One deletion of a result."""

    task_id: str | None = None
    refusals: tuple[Refusal, ...] = ()
    operation: Operation | None = None


class ItemOutcome(StrEnum):
    """What became of one task of a bulk action."""

    PENDING = "PENDING"
    """A dry run: it would be done."""
    DONE = "DONE"
    SKIPPED = "SKIPPED"
    """Refused; the others go on."""


@dataclass(frozen=True, kw_only=True)
class BulkItem:
    """One task of a bulk action."""

    task_id: str
    outcome: ItemOutcome
    new_task_id: str | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, kw_only=True)
class BulkOutcome:
    """What one request of a bulk action did, and what remains for the next one with the same key."""

    matched_count: int = 0
    """Tasks that the selection had when the action began."""
    done_count: int = 0
    """Counts are those of all requests with this key so far."""
    skipped_count: int = 0
    remaining_count: int = 0
    items: tuple[BulkItem, ...] = ()
    """Of this request."""
    refusals: tuple[Refusal, ...] = ()
    operation: Operation | None = None
