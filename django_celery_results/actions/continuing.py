"""What waited for a failed task, and whether it can still go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from celery import Celery

from django_celery_results.chord_rows import NOT_KEPT
from django_celery_results.message_codec import Message
from django_celery_results.models import Chord, ChordPart, ChordState, TaskResult
from django_celery_results.states import TaskState

from . import composing
from .guards import database
from .outcome import ErrorCode, Refusal, refuse

Parts = tuple[tuple[str, str], ...]
_FAILED_PARTS = (TaskState.FAILURE, TaskState.REVOKED)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a retry sends and, where others wait for it, what it reopens."""

    message: Message
    keeps_id: bool = False
    later_ids: tuple[str, ...] = ()
    """Tasks that failed only because this one did."""
    parts: Parts = ()
    """Group id and task id of the parts of chords that are awaited once more."""

    @property
    def reopens(self) -> bool:
        """Whether anything that ended waits once more."""
        return bool(self.keeps_id or self.later_ids or self.parts)


def plan(app: Celery, message: Message, task: TaskResult) -> Plan:
    """How the task goes on where it stopped; refuses where that is not possible, as far as its message tells."""
    chain = message.embedded.get("chain") or []
    is_member = bool(message.options.get("group"))
    if not is_member and not chain and not message.embedded.get("callbacks"):
        _refuse("Nothing waits for this task: retry it with the scope ALONE.")
    _check_state(task, is_member=is_member)
    later = list(_flat(chain))
    _check_bodies(message, later)
    return Plan(
        message=(composing.member if is_member else composing.link)(app, message, task),
        keeps_id=is_member,
        later_ids=tuple(_ids(later)),
        parts=tuple(_parts(message, task, later)),
    )


def closed_chords(awaiting: Mapping[int, Parts]) -> dict[int, Refusal]:
    """Why chords cannot wait for these parts once more; by the key of those that need them."""
    parts = {part for needed in awaiting.values() for part in needed}
    if not parts:
        return {}
    groups, tasks = ({part[place] for part in parts} for place in (0, 1))
    chords = dict(Chord.objects.using(database()).filter(pk__in=groups).values_list("pk", "state"))
    failed = ChordPart.objects.using(database()).filter(group_id__in=groups, task_id__in=tasks, state__in=_FAILED_PARTS)
    known = set(failed.values_list("group_id", "task_id"))
    dropped = ChordPart.objects.using(database()).filter(group_id__in=groups, result=NOT_KEPT)
    incomplete = set(dropped.values_list("group_id", flat=True))
    found = {
        key: [why for part in needed if (why := _closed(part, chords, known, incomplete))]
        for key, needed in awaiting.items()
    }
    return {key: Refusal(code=ErrorCode.CANNOT_CONTINUE, message=whys[0]) for key, whys in found.items() if whys}


def _closed(
    part: tuple[str, str], chords: Mapping[str, str], failed: set[tuple[str, str]], incomplete: set[str]
) -> str | None:
    state = chords.get(part[0])
    if state is None:
        return "Its chord is not kept any more, or was counted by the 2.x package: start the chord again."
    if state not in (ChordState.FAILED, ChordState.HEALING):
        return f"Its chord is {state}: wait until all its members have returned."
    if part[0] in incomplete:
        return "A member of its chord ignores its result, so that its value was not kept: start the chord again."
    if part not in failed:
        return "Its chord does not wait for this task: retry it with the scope ALONE."
    return None


def _check_state(task: TaskResult, *, is_member: bool) -> None:
    if task.status == TaskState.REVOKED and is_member:
        _refuse(
            "A revoked member of a group keeps its id, and workers remember revoked ids: "
            "retry it with the scope ALONE, or start the group again."
        )
    if task.status not in (TaskState.FAILURE, TaskState.REVOKED):
        _refuse(f"Only a failed task can go on where it stopped; this one is {task.status}.")


def _parts(message: Message, task: TaskResult, later: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Chords count the last link of a chain, and Celery counted it as failed together with the first."""
    if message.embedded.get("chord"):
        yield str(message.options["group"]), task.task_id
    for link in later:
        options = link.get("options") or {}
        if options.get("chord") and options.get("group_id") and options.get("task_id"):
            yield options["group_id"], options["task_id"]


def _check_bodies(message: Message, later: list[Mapping[str, Any]]) -> None:
    bodies = [message.embedded.get("chord"), *((link.get("options") or {}).get("chord") for link in later)]
    if any(isinstance(body, Mapping) and body.get("subtask_type") == "group" for body in bodies):
        _refuse("The body of its chord is a group, which Celery revoked when the chord failed: start the chord again.")


def _flat(chain: Any) -> Iterator[Mapping[str, Any]]:
    """The links still to come, and the bodies of those that are chords."""
    for link in chain:
        yield link
        body = (link.get("kwargs") or {}).get("body") if link.get("subtask_type") == "chord" else None
        if isinstance(body, Mapping):
            yield from _flat([body])


def _ids(links: list[Mapping[str, Any]]) -> Iterator[str]:
    for link in links:
        if task_id := (link.get("options") or {}).get("task_id"):
            yield str(task_id)


def _refuse(message: str) -> NoReturn:
    refuse(ErrorCode.CANNOT_CONTINUE, message)
