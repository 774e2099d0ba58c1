"""Why a retry would be refused: what can be told of a row, a whole page of them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django_celery_results.models import TaskMessage, TaskResult
from django_celery_results.policy.access import Action, narrows, policy
from django_celery_results.policy.viewer import Viewer
from django_celery_results.query.session import Session
from django_celery_results.states import TaskState, state_of

from . import guards
from .outcome import ErrorCode, Refusal

RETRYABLE = (TaskState.FAILURE, TaskState.REVOKED)
_UNFINISHED = (TaskState.PENDING, TaskState.RECEIVED, TaskState.STARTED, TaskState.RETRY, TaskState.CUSTOM)


def blockers(viewer: Viewer, task: TaskResult) -> list[Refusal]:
    """Why a retry of this task would be refused now; empty: it would be accepted, as far as is cheap to say."""
    return blockers_for(viewer, [task])[task.pk]


def blockers_within(session: Session, task: TaskResult) -> list[Refusal]:
    """The same, looked up once for all rows that came together with this one."""
    rows = session.siblings(task)
    found = session.together(blockers_for, rows, lambda: blockers_for(session.viewer, rows))
    of_task: list[Refusal] = found[task.pk]
    return of_task


def blockers_for(
    viewer: Viewer,
    tasks: Iterable[TaskResult],
    allow_states: Sequence[TaskState] = RETRYABLE,
    *,
    allow_retried: bool = False,
) -> dict[int, list[Refusal]]:
    """`blockers` of a page of tasks, by primary key, in two statements."""
    tasks = list(tasks)
    ids = [task.task_id for task in tasks]
    records = TaskMessage.objects.using(guards.database()).filter(task_id__in=ids, body__isnull=False)
    retried_as = newer(viewer, ids)
    kept = set(records.values_list("task_id", flat=True))
    found = {}
    for task in tasks:
        missing = guards.missing(viewer, Action.RETRY, task)
        others = (
            wrong_state(task.status, allow_states),
            already_retried(retried_as[task.task_id]) if task.task_id in retried_as and not allow_retried else None,
            None if task.task_id in kept else unavailable(),
        )
        # Who may not retry the task anyway learns nothing more of it.
        found[task.pk] = [missing] if missing else [refusal for refusal in others if refusal]
    return found


def newer(viewer: Viewer, task_ids: Sequence[str]) -> dict[str, str | None]:
    """The latest run of each of these tasks that was run again: None where the viewer may see none of its runs."""
    rows = TaskResult._default_manager.using(guards.database()).filter(retried_from__in=task_ids).order_by("pk")
    runs = [(str(original), task_id) for original, task_id in rows.values_list("retried_from", "task_id")]
    seen = seen_among(viewer, [task_id for _, task_id in runs])
    return {original: None for original, _ in runs} | {known: task_id for known, task_id in runs if task_id in seen}


def seen_among(viewer: Viewer, task_ids: Sequence[str]) -> Collection[str]:
    """Those of these ids whose rows the viewer may know of."""
    if not task_ids or not narrows(viewer):
        return task_ids
    rows = policy().visible(TaskResult._default_manager.using(guards.database()), viewer)
    return set(rows.filter(task_id__in=task_ids).values_list("task_id", flat=True))


def wrong_state(status: str, allowed: Sequence[TaskState]) -> Refusal | None:
    state = state_of(status)
    if state in allowed:
        return None
    if state in _UNFINISHED:
        return Refusal(
            code=ErrorCode.NOT_FINISHED,
            message=f"The task is {status}: wait until it has failed, revoke it, or allow {state.value}.",
        )
    return Refusal(
        code=ErrorCode.ALREADY_FINISHED,
        message=f"The task is {status}: allow {state.value} to run it again.",
    )


def already_retried(task_id: str | None) -> Refusal:
    again = f" as {task_id}" if task_id else ""
    return Refusal(
        code=ErrorCode.ALREADY_RETRIED,
        message=f"The task was already run again{again}: retry that one, or allow retried tasks.",
    )


def unavailable() -> Refusal:
    return Refusal(
        code=ErrorCode.ARGUMENTS_UNAVAILABLE,
        message="The message this task was sent with is not kept, and what the row shows of its arguments is only a "
        "representation. Set STORE_MESSAGES in DJANGO_CELERY_RESULTS to keep the messages of later tasks.",
    )
