"""The state machine of a task's row: which stored states an incoming one replaces.

Written down once, as data: the SQL of every database and the model in the tests are made from `REPLACES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class TaskState(StrEnum):
    """Celery's states. A task may set any other text too, such as PROGRESS: `state_of` reads those as CUSTOM."""

    PENDING = "PENDING"
    RECEIVED = "RECEIVED"
    STARTED = "STARTED"
    RETRY = "RETRY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"
    REJECTED = "REJECTED"
    IGNORED = "IGNORED"
    CUSTOM = "CUSTOM"


NAMED = tuple(state for state in TaskState if state is not TaskState.CUSTOM)
READY = (TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVOKED)
"""Celery's word for finished: only these set `date_done`."""
PREDICTIONS = (TaskState.FAILURE, TaskState.REVOKED)
"""Final states that others than the run itself also write: with no attempt of their own they can be overruled."""

_UNFINISHED = (TaskState.PENDING, TaskState.RECEIVED, TaskState.STARTED, TaskState.CUSTOM, TaskState.RETRY)
_CLOSED = (TaskState.FAILURE, TaskState.REVOKED, TaskState.REJECTED, TaskState.IGNORED)
_ALL_BUT_SUCCESS = _UNFINISHED + _CLOSED
FINAL = (TaskState.SUCCESS, *_CLOSED)
"""States after which a run is over; a task may also store one of them itself and then go on."""
_BY_STATUS = {str(state): state for state in NAMED}


def status_of(given: Any) -> str:
    """The text of a state that a project may keep as a member of an enum, whose `str` is another text."""
    return str.__str__(given) if isinstance(given, str) else str(given)


def state_of(status: str) -> TaskState:
    """The enum member for a stored status."""
    return _BY_STATUS.get(status, TaskState.CUSTOM)


@dataclass(frozen=True, kw_only=True)
class Replaces:
    """The stored states a write replaces, by how its attempt relates to the attempt stored in the row."""

    same: tuple[TaskState, ...]
    without_run: tuple[TaskState, ...]
    """The write comes from nobody who runs the task: it has no attempt to compare."""
    newer: tuple[TaskState, ...] = _ALL_BUT_SUCCESS
    """Also where the stored row was written by no run."""
    older: tuple[TaskState, ...] = ()
    own: tuple[TaskState, ...] = ()
    """Stored by the very same run, where the write is what Celery says of how that run ended."""


def _up_to(state: TaskState) -> tuple[TaskState, ...]:
    return _UNFINISHED[: _UNFINISHED.index(state) + 1]


REPLACES: dict[TaskState, Replaces] = {
    TaskState.PENDING: Replaces(same=(), without_run=(), newer=()),
    **{
        state: Replaces(same=_up_to(state), without_run=_up_to(state))
        for state in (TaskState.RECEIVED, TaskState.STARTED, TaskState.CUSTOM)
    },
    TaskState.RETRY: Replaces(same=_UNFINISHED, without_run=_UNFINISHED, own=FINAL),
    TaskState.FAILURE: Replaces(same=_UNFINISHED, without_run=_UNFINISHED, own=FINAL),
    # A task that already runs goes on running, whatever a revoke without terminate says.
    TaskState.REVOKED: Replaces(same=_UNFINISHED, without_run=(TaskState.PENDING, TaskState.RECEIVED, TaskState.RETRY)),
    TaskState.REJECTED: Replaces(same=_UNFINISHED, without_run=_ALL_BUT_SUCCESS),
    TaskState.IGNORED: Replaces(same=_UNFINISHED, without_run=_ALL_BUT_SUCCESS),
    # After a visibility timeout the older run's success may be the only result there will be.
    TaskState.SUCCESS: Replaces(same=_ALL_BUT_SUCCESS, without_run=_ALL_BUT_SUCCESS, older=_ALL_BUT_SUCCESS, own=FINAL),
}

GENERATION_HEADER = "dcr_generation"
"""Message header that carries the generation of a reopened id; Celery's own `Task.retry` keeps headers."""

_RETRIES_BITS, _NESTING_BITS, _GENERATION_BITS = 31, 15, 15


def pack_attempt(*, generation: int = 0, nesting: int = 0, retries: int = 0, redelivered: bool = False) -> int:
    """One bigint, most significant first: generation, nesting, retries, redelivered. Each is capped, never wrapped."""
    packed = _capped(generation, _GENERATION_BITS)
    packed = packed << _NESTING_BITS | _capped(nesting, _NESTING_BITS)
    packed = packed << _RETRIES_BITS | _capped(retries, _RETRIES_BITS)
    return packed << 1 | redelivered


def generation_of(attempt: int | None) -> int:
    """The generation packed into an attempt; 0 for a row that no run wrote."""
    return (attempt or 0) >> (_NESTING_BITS + _RETRIES_BITS + 1)


def _capped(value: Any, bits: int) -> int:
    try:
        return min(max(int(value), 0), (1 << bits) - 1)
    except (TypeError, ValueError, OverflowError):
        return 0  # a header is text from outside: nonsense counts as absent


def is_replaced(*, stored: str, stored_attempt: int | None, by: str, attempt: int | None, is_own: bool = False) -> bool:
    """Whether the row's state and attempt give way to a write; the SQL of `statements` says the same.

    `is_own`: the write is the outcome of the run that stored the row's state.
    """
    rule = REPLACES[state_of(by)]
    if attempt is None:
        return state_of(stored) in rule.without_run
    before = -1 if stored_attempt is None else stored_attempt
    if is_own and before <= attempt and state_of(stored) in rule.own:
        return True
    replaced = rule.newer if before < attempt else rule.same if before == attempt else rule.older
    return state_of(stored) in replaced
