"""Chords in Celery's protocol: every member counts once, and the body is sent once.

A member's row and its part are written together; who then finds the chord complete claims it and sends the body.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from celery import maybe_signature, states
from celery.app.task import Context
from celery.exceptions import ChordError
from celery.result import GroupResult
from celery.utils.functional import _regen  # type: ignore[attr-defined]
from celery.utils.log import get_logger
from django.db import DatabaseError, connections, router, transaction
from kombu.exceptions import OperationalError
from kombu.serialization import prepare_accept_content
from kombu.utils.uuid import uuid

from django_celery_results import chord_progress, chord_rows, codec, message, oversized
from django_celery_results import connections as result_connections
from django_celery_results.chord_progress import Claim, Progress
from django_celery_results.chord_rows import Part
from django_celery_results.conf import settings
from django_celery_results.exceptions import ResultTooLarge
from django_celery_results.facts import attempt_of
from django_celery_results.fields import task_id_max_length
from django_celery_results.guarded_write import refuses_as_outdated
from django_celery_results.models import ChordState
from django_celery_results.state_changes import Companion, StateChange

from . import chord_counters
from .chord_results import ChordResults, PartsMissing, chord_error, pack_body, pack_content, seal, unpack
from .chord_sweeps import SweepMixin

logger = get_logger(__name__)

_Key = tuple[str, str, int]


@dataclass
class _Outcome:
    """The outcome of a task while it is being stored."""

    parts: dict[_Key, Part] = field(default_factory=dict)
    """Those that were written beside their rows."""
    stored: tuple[Any, str] | None = None
    """The request that was stored last, and the id that it was stored under: callers of 2.x use one for many tasks."""
    is_outdated: bool = False
    """Whether the row refused it, since a later run goes on: nothing else fails with it either."""


_outcome: ContextVar[_Outcome | None] = ContextVar("django_celery_results.outcome", default=None)


class ChordMixin(SweepMixin):
    """What `DatabaseBackend` does for chords."""

    app: Any
    accept: Any
    writing: Callable[..., Any]

    @property
    def _accepts(self) -> set[str]:
        """Content types in which bodies may be kept."""
        return {*self.accept, *(prepare_accept_content(self.app.conf.accept_content) or ())}

    # The publisher

    def apply_chord(self, header_result_args: Any, body: Any, **kwargs: Any) -> None:
        """Open the chord, before its members are published. A generator of members is not run ahead."""
        self.ensure_chords_allowed()  # type: ignore[attr-defined]
        group_id, members = _id_and_members(header_result_args)
        if settings().legacy_chords:
            self.writing(lambda alias: chord_counters.start(group_id, members, alias=alias))
            return
        nested = not isinstance(members, _regen) and any(isinstance(member, GroupResult) for member in members)
        header = json.dumps(self.app.GroupResult(group_id, members).as_tuple()) if nested else None
        message.keep_generation(body)
        packed, body_task_id = pack_body(self.app, dict(body), self._accepts), _id_of(body)
        self.writing(
            lambda alias: chord_rows.start(group_id, header=header, body=packed, body_task_id=body_task_id, alias=alias)
        )

    def set_chord_size(self, group_id: str, chord_size: int) -> None:
        """Celery knows the size when it comes to the last member."""
        if settings().legacy_chords:
            return
        group_id = codec.stored_id(group_id)
        self.writing(lambda alias: self._set_size(group_id, chord_size, alias))
        connection = connections[self.alias_for_write()]
        if connection.in_atomic_block:  # members that return before the commit see no chord to complete
            transaction.on_commit(lambda: self._proceed(group_id), using=connection.alias)
        else:
            self._proceed(group_id)

    def _set_size(self, group_id: str, size: int, alias: str) -> None:
        if chord_rows.set_size(group_id, size, alias=alias) or chord_counters.exists(group_id, alias=alias):
            return
        chord_rows.start(group_id, header=None, body=None, alias=alias)  # the body comes with the members
        chord_rows.set_size(group_id, size, alias=alias)

    def add_to_chord(self, chord_id: str, result: Any) -> None:
        """Await one more member; of a group, each of its members.

        Celery sends it at once. It may return before a transaction of the task ends, and must not be counted unawaited.
        """
        if settings().legacy_chords:
            raise NotImplementedError("The chords of the 2.x package take no more members: unset LEGACY_CHORDS.")
        leaves = result.results or () if isinstance(result, GroupResult) else [result]
        ids = [codec.stored_id(leaf.id) for leaf in leaves]
        with result_connections.beside_transaction(self.alias_for_write()) as beside:
            self.writing(lambda alias: chord_rows.announce(codec.stored_id(chord_id), ids, alias=alias), beside)

    # The members

    def mark_as_done(self, *args: Any, **kwargs: Any) -> Any:
        with _storing_an_outcome():
            return super().mark_as_done(*args, **kwargs)  # type: ignore[misc]

    def mark_as_failure(self, *args: Any, **kwargs: Any) -> Any:
        with _storing_an_outcome():
            return super().mark_as_failure(*args, **kwargs)  # type: ignore[misc]

    def mark_as_revoked(self, *args: Any, **kwargs: Any) -> Any:
        with _storing_an_outcome():
            return super().mark_as_revoked(*args, **kwargs)  # type: ignore[misc]

    def mark_as_retry(self, *args: Any, **kwargs: Any) -> Any:
        with _storing_an_outcome():
            return super().mark_as_retry(*args, **kwargs)  # type: ignore[misc]

    def store_result(
        self, task_id: str, result: Any, state: str, traceback: Any = None, request: Any = None, **kwargs: Any
    ) -> Any:
        """The outcome of a chord's member goes with its part: both are stored, or neither."""
        outcome = _outcome.get()
        if (
            outcome
            and outcome.is_outdated
            and state in states.PROPAGATE_STATES
            and attempt_of(task_id, request) is None
        ):
            return result  # of a later link of its chain
        if outcome:
            outcome.stored = request, task_id
        if outcome and not getattr(request, "is_eager", False):
            result_connections.abandon(router.db_for_write(self.TaskModel))  # type: ignore[attr-defined]
        is_outcome = _is_member(request) and state in states.READY_STATES
        if outcome and is_outcome and request.id == task_id and self.takes_companions:  # type: ignore[attr-defined]
            part = self._part(request, state, result)
            kwargs["companion"] = self._statement(part, self.alias_for_write(kwargs.get("using")))
            outcome.parts[part.key] = part
        return super().store_result(task_id, result, state, traceback, request=request, **kwargs)  # type: ignore[misc]

    def on_chord_part_return(self, request: Any, state: str | None, result: Any, **kwargs: Any) -> None:
        """A member has finished: count it unless that is done already, and send the body if it was the last."""
        outcome = _outcome.get() or _Outcome()
        if not request.group or not request.id or outcome.is_outdated:
            return
        if state is None:
            state, result = self._state_of(request.id, result)
        part = outcome.parts.get(_key(request))
        if part is None:
            part = self._part(request, state, result)
            self.writing(lambda alias: self._save(part, alias))
        self._proceed(part.group_id, request, part)

    def _state_of(self, task_id: str, result: Any) -> tuple[str, Any]:
        """Where the caller says no state, which 2.x never looked at: what is stored, else what the result is."""
        meta = self._get_task_meta_for(task_id)  # type: ignore[attr-defined]
        if meta["status"] in states.READY_STATES:
            return meta["status"], meta["result"]
        return states.FAILURE if isinstance(result, BaseException) else states.SUCCESS, result

    def note_refusal(self, change: StateChange, alias: str) -> None:
        outcome = _outcome.get()
        if outcome and change.status in states.PROPAGATE_STATES:
            outcome.is_outdated = refuses_as_outdated(self.TaskModel, alias, change)  # type: ignore[attr-defined]

    def _statement(self, part: Part, alias: str) -> Companion:
        """Where the database refuses the value as too large, the chord fails: its body could not be given it."""
        statement = part.statement(alias)
        if not oversized.is_large(part.result):
            return statement
        error = seal(self._packed_result(states.FAILURE, ResultTooLarge()))
        return replace(statement, smaller=replace(part, state=states.FAILURE, result=error).statement(alias))

    def _save(self, part: Part, alias: str) -> None:
        statement = self._statement(part, alias)
        try:
            statement.run(connections[alias])
        except DatabaseError as error:
            if not statement.smaller or not oversized.is_refused([part.result], alias, error):
                raise
            statement.smaller.run(connections[alias])

    def _part(self, request: Any, state: str, result: Any) -> Part:
        group_id, task_id, index = _key(request)
        packed = seal(self._packed_result(state, result))
        if state == states.SUCCESS and getattr(request, "ignore_result", False):
            packed = chord_rows.NOT_KEPT + packed
        return Part(group_id=group_id, task_id=task_id, index=index, state=state, result=packed)

    def _packed_result(self, state: str, result: Any) -> str:
        encoded = self.encode_result(result, state)  # type: ignore[attr-defined]
        return codec.clean(pack_content(self._encode_any(encoded, state), self.serializer))  # type: ignore[attr-defined]

    # The body

    def _proceed(self, group_id: str, request: Any = None, part: Part | None = None) -> None:
        """Send the body if nothing is missing. The member is stored: no error here may undo that."""
        try:
            self._proceed_or_raise(group_id, request, part)
        except Exception:
            logger.exception("Chord %r cannot be completed now; a sweep will do it", group_id)

    def _proceed_or_raise(self, group_id: str, request: Any, part: Part | None) -> None:
        seen = self.writing(lambda alias: chord_progress.progress(group_id, alias, after=part))
        if seen is None and request is not None:
            last = (_outcome.get() or _Outcome()).stored
            member_id = codec.stored_id(last[1] if last and last[0] is request else request.id)
            self.writing(lambda alias: chord_counters.count(self, request, member_id, alias=alias))
        elif seen and seen.is_complete:
            self._complete(group_id, seen, request)

    def _complete(self, group_id: str, seen: Progress, request: Any) -> None:
        lease = settings().chord_lease
        claim = self.writing(lambda alias: chord_progress.claim(group_id, seen, lease=lease, alias=alias))
        if claim is None:
            return
        body = (request and request.chord) or (claim.body and unpack(claim.body, self._accepts))
        if body:
            self._send_body(claim, maybe_signature(body, app=self.app))
        else:  # only members know it, since it could not be stored: the next one that returns sends it
            claim.release()

    def _send_body(self, claim: Claim, body: Any) -> None:
        try:
            results = ChordResults(self, claim.group_id, claim.header, claim.size).read(claim.alias)
            if claim.renew():  # reading a large chord may have taken longer than the lease
                self.publish_body(body, results)
                self._finish(claim, ChordState.DONE)
        except PartsMissing:
            claim.release()
        except OperationalError:
            logger.exception("The body of chord %r cannot be published now; a sweep will do it", claim.group_id)
        except DatabaseError:
            raise
        except Exception as error:
            logger.exception("Chord %r raised: %r", claim.group_id, error)
            self.fail_body(body, error)
            self._finish(claim, ChordState.FAILED)

    def _finish(self, claim: Claim, state: ChordState) -> None:
        keeps_body = message.mode_of(self.app) != "never"
        self.writing(lambda alias: claim.finish(state, keeps_body=keeps_body))

    def publish_body(self, body: Any, results: Any) -> None:
        """Send it with retries of the publishing, as Celery 5.7 does."""
        publish = getattr(self.app.amqp, "_retry_publish", None)
        if publish:
            publish(body.delay, results)
        else:
            body.delay(results)

    def fail_body(self, body: Any, error: Exception) -> None:
        """Store the chord's one error and call the errbacks; a chord around this one hears of it too."""
        error = error if isinstance(error, ChordError) else chord_error(f"Join error: {error!r}", error)
        body.options.setdefault("task_id", uuid())
        self.chord_error_from_stack(body, error)  # type: ignore[attr-defined]
        outer = _request_of(body)
        if outer.chord:
            self.on_chord_part_return(outer, states.FAILURE, error)


@contextmanager
def _storing_an_outcome() -> Iterator[None]:
    token = _outcome.set(_Outcome())
    try:
        yield
    finally:
        _outcome.reset(token)


def _id_of(body: Any) -> str | None:
    """Return the id that the row of the body will have; None where there is none, or no row could have it."""
    task_id = body.options.get("task_id")
    if task_id is None or len(str(task_id)) > task_id_max_length():
        return None
    return codec.stored_id(task_id)


def _is_member(request: Any) -> bool:
    return bool(getattr(request, "chord", None) and getattr(request, "group", None) and getattr(request, "id", None))


def _key(request: Any) -> _Key:
    """Of the part that this member contributes."""
    index = request.group_index
    return (
        codec.stored_id(request.group),
        codec.stored_id(request.id),
        index if isinstance(index, int) else chord_rows.NO_INDEX,
    )


def _id_and_members(header_result_args: Any) -> tuple[str, Any]:
    if isinstance(header_result_args, GroupResult):
        return codec.stored_id(header_result_args.id), header_result_args.results
    group_id, members = header_result_args[:2]
    return codec.stored_id(group_id), members


def _request_of(signature: Any) -> Any:
    """A signature that never ran, as the request of a task: Celery does the same for the links of a failed chain."""
    request: Any = Context(signature)
    request.update(request.options)
    request.id = request.options.get("task_id")
    request.group = request.options.get("group_id")
    return request
