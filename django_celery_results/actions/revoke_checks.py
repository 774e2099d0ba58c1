"""Why a revoke would be refused: permissions, nonsense, and tasks that have ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django_celery_results.models import TaskResult
from django_celery_results.policy.access import Action
from django_celery_results.policy.viewer import Viewer
from django_celery_results.states import TaskState, state_of

from . import guards
from .outcome import ErrorCode, Refusal, Refused, refuse

SIGNALS = ("SIGTERM", "SIGINT", "SIGQUIT", "SIGKILL")
DEFAULT_WAIT = 2.0
MAX_WAIT = 30.0
_FINISHED = (TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVOKED, TaskState.REJECTED, TaskState.IGNORED)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How the task is to be stopped."""

    terminate: bool = False
    signal: str = "SIGTERM"
    wait: float = DEFAULT_WAIT

    def needs(self) -> tuple[Action, ...]:
        """The permissions for that."""
        kill = (Action.KILL,) if self.signal == "SIGKILL" else ()
        return (Action.REVOKE, Action.TERMINATE, *kill) if self.terminate else (Action.REVOKE,)

    def as_input(self) -> dict[str, Any]:
        """For the audit."""
        return {"terminate": self.terminate, **({"signal": self.signal} if self.terminate else {})}


def blockers(viewer: Viewer, task: TaskResult) -> list[Refusal]:
    """Why a revoke of this task would be refused now; asks neither the database nor the broker."""
    return list(_blockers(viewer, task))


def _blockers(viewer: Viewer, task: TaskResult) -> Iterable[Refusal]:
    if missing := guards.missing(viewer, Action.REVOKE, task):
        yield missing
        return
    if refusal := finished(task):
        yield refusal


def refusals(viewer: Viewer, wish: Wish, task: TaskResult) -> list[Refusal]:
    """Why this task would not be stopped in this way."""
    missing = [guards.missing(viewer, action, task) for action in wish.needs()]
    return [refusal for refusal in (*missing, finished(task)) if refusal][:1]


def check_wish(wish: Wish) -> None:
    """Refuse what no task can be stopped by."""
    if wish.signal not in SIGNALS:
        refuse(ErrorCode.INVALID_INPUT, f"The signal is one of {', '.join(SIGNALS)}.", path=("signal",))
    if not 0 < wish.wait <= MAX_WAIT:
        refuse(ErrorCode.INVALID_INPUT, f"Wait for more than 0 and up to {MAX_WAIT:.0f} seconds.", path=("wait",))


def check(viewer: Viewer, wish: Wish, task: TaskResult) -> None:
    """Refuse what makes no sense, or may not be done to this task."""
    check_wish(wish)
    for action in wish.needs():
        guards.require(viewer, action, task if task.pk else None)


def check_unfinished(task: TaskResult) -> None:
    """Refuse where the task has ended."""
    if refusal := finished(task):
        raise Refused(refusal)


def finished(task: TaskResult) -> Refusal | None:
    """Where the task has ended."""
    if state_of(task.status) not in _FINISHED:
        return None
    return Refusal(
        code=ErrorCode.ALREADY_FINISHED, message=f"The task is {task.status}: there is nothing left to revoke."
    )
