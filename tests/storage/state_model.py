"""An independent model of which state may replace which, to compare the backend with."""

from enum import Enum

ATTEMPTS = (None, 0, 1)
UNFINISHED = ["PENDING", "RECEIVED", "STARTED", "PROGRESS", "RETRY"]
CLOSED = ["FAILURE", "REVOKED", "REJECTED", "IGNORED"]
STATES = [*UNFINISHED, *CLOSED, "SUCCESS"]


class ProjectState(str, Enum):  # noqa: UP042 - as projects have written it for long
    """States as a project may name them."""

    PROGRESS = "PROGRESS"
    SUCCESS = "SUCCESS"


def may_replace(stored: tuple[str, int | None], new: tuple[str, int | None]) -> bool:
    """Return whether a new state and attempt replace the stored ones; no attempt: not stored by a run of the task."""
    (stored_state, stored_attempt), (state, attempt) = stored, new
    if stored_state == "SUCCESS" or state == "PENDING":
        return False
    if state == "SUCCESS":
        return True
    is_later = stored_state in UNFINISHED and state in UNFINISHED
    is_later = is_later and UNFINISHED.index(stored_state) <= UNFINISHED.index(state)
    if attempt is None:
        if state in ("REJECTED", "IGNORED"):
            return True
        if state == "REVOKED":
            return stored_state in ("PENDING", "RECEIVED", "RETRY")
        return stored_state in UNFINISHED and (state == "FAILURE" or is_later)
    if stored_attempt is None or attempt > stored_attempt:
        return True
    if attempt < stored_attempt or stored_state in CLOSED:
        return False
    return state in CLOSED or is_later


def outcome_may_replace(stored: tuple[str, int | None], new: tuple[str, int | None]) -> bool:
    """Return whether the outcome of a run replaces the final state that the same run stored itself."""
    (stored_state, stored_attempt), (state, attempt) = stored, new
    if stored_state not in (*CLOSED, "SUCCESS") or state not in ("SUCCESS", "FAILURE", "RETRY") or attempt is None:
        return False
    return stored_attempt is None or stored_attempt <= attempt
